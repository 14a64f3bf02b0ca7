"""Writing the letters that the next events of the log call for."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from tollway.portal.accounts.models import User
from tollway.portal.accounts.single_use import audience_of
from tollway.portal.events import selectors as log
from tollway.portal.events import services as events
from tollway.portal.events.models import Event
from tollway.portal.mail.letters import Value
from tollway.portal.mail.services import To, queue
from tollway.portal.notices.table import notices_of

READER = "notices"
BATCH = 100  # events dealt with in one step

_logger = logging.getLogger(__name__)


def announce() -> int:
    """Queue the mail of the next events; return how many events there were.

    What happened before the reader first ran is told to nobody. The cursor moves with the letters
    of an event; and their keys are made of the event, so that two who announce it write them once.
    """
    events.begin(READER)
    batch = log.events_after(log.position_of(READER), limit=BATCH)
    for event in batch:
        if notices_of(event):
            _announce(event)
    if batch:
        events.advance(READER, to=batch[-1].pk)
    return len(batch)


@transaction.atomic
def _announce(event: Event) -> None:
    for notice in notices_of(event):
        if told := notice.told(event):
            for user in told.users:
                _write(event, notice.template, user, told.values)
    events.advance(READER, to=event.pk)


def _write(event: Event, template: str, user: User, values: Mapping[str, Value]) -> None:
    key = f"event {event.pk} {template} {user.pk}"
    to = To(user.email, audience_of(user))
    try:
        queue(event.tenant, template, to, values, key=key)
    except ValidationError as error:
        _logger.warning("event %s: user %s is not told: %s", event.pk, user.pk, error)
