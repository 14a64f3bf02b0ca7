"""A reporter sends until it is answered, the authority is killed: each line counts once."""

from __future__ import annotations

import threading
import time
from collections import Counter

import httpx

import servers
from authority.published import KEYRING, publish
from authority.running import TOKEN, authority_running
from tollway.store import keys
from tollway.store.publishing import Publisher
from tollway.store.usage import UsageStreams

APPLICATIONS = [f"shard{number}" for number in range(8)]
STATE = {
    "services": [
        {
            "id": "20",
            "owner": "acme",
            "mode": "2",
            "tokens": ["t20"],
            "applications": [{"id": id_} for id_ in APPLICATIONS],
        }
    ]
}
REPORT = "/transactions.xml?service_token=t20&service_id=20"
BATCHES = 90
KILLS = 2
BODY = "&".join(
    f"transactions[{n}][app_id]={id_}&transactions[{n}][usage][hits]=1"
    for n, id_ in enumerate(APPLICATIONS)
)


class Reporter(threading.Thread):
    """Sends each batch until it is answered. ``unanswered``: how often it had to send again."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.sent = 0
        self.unanswered = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=10) as http:
            for number in range(BATCHES):
                while not self._answered(http, str(number)):
                    self.unanswered += 1
                    time.sleep(0.02)
                self.sent += 1

    def until(self, sent: int) -> None:
        servers.wait_until(lambda: self.sent >= sent, f"{sent} reports")

    def _answered(self, http: httpx.Client, key: str) -> bool:
        try:
            answer = http.post(REPORT, content=BODY, headers={"idempotency-key": key})
        except httpx.TransportError:
            return False
        assert answer.status_code in {202, 503}
        return answer.status_code == 202


def test_a_batch_over_several_shards_is_completed_after_a_death() -> None:
    assert len({keys.shard("20", id_) for id_ in APPLICATIONS}) > 4
    with authority_running() as running:
        publisher = Publisher.connect(running.store.url, KEYRING)
        publish(publisher, STATE)
        reporter = Reporter(running.url)
        reporter.start()
        for kill in range(1, KILLS + 1):
            reporter.until(kill * BATCHES // (KILLS + 1))
            running.kill()
            running.start()
            running.until(200, f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open")
        reporter.join(60)
        assert reporter.sent == BATCHES
        streams = UsageStreams.connect(running.store.url)
        events = streams.read({}, lines_max=BATCHES * len(APPLICATIONS) * 2).events
        streams.close()
    print(f"sent again: {reporter.unanswered}")  # noqa: T201
    counted = Counter(event.application_id for event in events)
    assert counted == dict.fromkeys(APPLICATIONS, BATCHES)
