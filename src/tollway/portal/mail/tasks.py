"""The reader that delivers mail, as the worker runs it."""

from __future__ import annotations

from tollway import clock
from tollway.config import Settings
from tollway.portal.events.readers import Lag
from tollway.portal.mail import selectors, services
from tollway.portal.mail.smtp import Post

POLL_S = 0.5
BATCH = 20  # messages in one step: the worker is asked to stop between steps
TIDY_S = 3600.0


class Mailer:
    """Without a server it settles what waits; the portal's mailbox shows it."""

    name = "mail"

    def __init__(self, settings: Settings) -> None:
        self._post = None if settings.smtp is None else Post(settings.smtp)
        self._keep_content = settings.mailbox
        self._tidy_at_s = 0.0

    def step(self) -> float:
        """Deliver the next messages; return how long to wait: not at all if there may be more.

        A server that is away is the reader's trouble, told by ``tollway status``, and no message's:
        nothing is claimed before the connection stands.
        """
        self._tidy()
        if self._post is None:
            services.keep_unsent(keep_content=self._keep_content)
            return POLL_S
        if not selectors.due(clock.utc_now()).exists():
            self._post.close()
            return POLL_S
        self._post.open()
        for _ in range(BATCH):
            if not services.deliver_next(self._post, keep_content=self._keep_content):
                break
            if not self._post.is_open:
                break
        return 0

    def lag(self) -> Lag:
        """Return how many messages are due. What was put off on the server's word is not."""
        count, since = selectors.lag(clock.utc_now())
        return Lag() if since is None else Lag(count, clock.now() - int(since.timestamp()))

    def close(self) -> None:
        if self._post is not None:
            self._post.close()

    def _tidy(self) -> None:
        since_boot_s = clock.since_boot_s()
        if since_boot_s >= self._tidy_at_s:
            self._tidy_at_s = since_boot_s + TIDY_S
            services.tidy()
