"""A report under an Idempotency-Key counts once, however often and however brokenly it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import servers
from authority.published import KEYRING, ask, publish
from authority.test_reports import REPORT, line
from authority.test_service import HOUR, STATE
from authority.xml_vectors import AT
from tollway.authority import receipts
from tollway.authority.request import ProviderKey, Report, ServiceToken
from tollway.authority.routes import Routes
from tollway.authority.wire import Reply
from tollway.store import ONCE_S, Receipt, Spend, Spent, Store, StoreUnavailableError
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.spending import UsageEvent
from tollway.store.usage import UsageStreams
from tollway.store.valkey import ValkeyStore

KEY = "5f0b-of-today"
WITH_CODE = {"log][code": 200}
LINES = [line(0, "first", 1), line(1, "second", 2), line(2, "first", 4, **WITH_CODE)]
BATCH = "&".join(LINES)
COUNTED = [("first", AT, 1), ("first", AT, 4), ("second", AT, 2)]
FIELDS = "".join(
    f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, _, value in (field.partition("=") for field in BATCH.split("&"))
)
KEY_REUSED = (
    b'<?xml version="1.0" encoding="UTF-8"?><error code="idempotency_key_reused">'
    b"the Idempotency-Key has been used for another report</error>"
)
KEY_INVALID = (
    b'<?xml version="1.0" encoding="UTF-8"?><error code="idempotency_key_invalid">'
    b"the Idempotency-Key must have 1 to 255 printable ASCII characters</error>"
)


class Home:
    """The authority on some store, and a clock that is set by hand."""

    def __init__(self, store: Store, events: Callable[[], list[UsageEvent]]) -> None:
        self.at = AT
        self._events = events
        self._routes = Routes(store, KEYRING, lambda: self.at)

    async def send(self, body: str = BATCH, key: str = KEY, **headers: str) -> Reply:
        return await ask(self._routes, REPORT, body, idempotency_key=key, **headers)

    async def status(self, body: str = BATCH, key: str = KEY, line: str = REPORT) -> int:
        return (await ask(self._routes, line, body, idempotency_key=key)).status

    def counted(self) -> list[tuple[str, int, int]]:
        """Return what has been: application, time and units."""
        return sorted((e.application_id, e.at, e.added[0][1]) for e in self._events())


Story = Callable[[Home], Awaitable[None]]
Tell = Callable[[Story], None]


def tell_memory(story: Story) -> None:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    asyncio.run(_awaited(story(Home(store, lambda: store.usage))))


def tell_server(url: str, story: Story) -> None:
    servers.client_of(url).flushall()
    publisher = Publisher.connect(url, KEYRING)
    publish(publisher, STATE)
    publisher.mark(1)
    streams = UsageStreams.connect(url)

    async def told() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        try:
            await story(Home(store, lambda: list(streams.read({}, lines_max=1000).events)))
        finally:
            await store.close()

    asyncio.run(told())
    streams.close()


async def _awaited(told: Awaitable[None]) -> None:
    await told


@pytest.fixture(params=["memory", "valkey", "redis"])
def tell(request: pytest.FixtureRequest) -> Tell:
    if request.param == "memory":
        return tell_memory
    url: str = request.getfixturevalue(f"{request.param}_url")
    return lambda story: tell_server(url, story)


def test_a_repeat_counts_nothing_and_is_answered_like_the_first(tell: Tell) -> None:
    async def story(home: Home) -> None:
        replies = [await home.send() for _ in range(3)]
        assert replies[0].status == 202
        assert replies == [replies[0]] * 3
        assert home.counted() == COUNTED

    tell(story)


def test_without_a_key_each_report_counts(tell: Tell) -> None:
    async def story(home: Home) -> None:
        for key in ("one", "two"):
            await home.send(key=key)
        assert home.counted() == sorted(COUNTED * 2)

    tell(story)


def test_reports_that_come_at_once_count_once(tell: Tell) -> None:
    async def story(home: Home) -> None:
        statuses = await asyncio.gather(*(home.status() for _ in range(30)))
        assert set(statuses) == {202}
        assert home.counted() == COUNTED

    tell(story)


def test_the_same_parameters_are_the_same_report_however_they_are_written(tell: Tell) -> None:
    async def story(home: Home) -> None:
        await home.send()
        escaped = BATCH.replace("[", "%5B").replace("]", "%5D")
        assert await home.status(escaped) == 202
        assert await home.status("", line=f"{REPORT}&{BATCH}") == 202
        parts = f"{FIELDS}--x--\r\n"
        reply = await home.send(parts, content_type="multipart/form-data; boundary=x")
        assert reply.status == 202
        assert home.counted() == COUNTED

    tell(story)


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (LINES[0], ""),
        ("&".join(reversed(LINES)), ""),
        (BATCH.replace("=4", "=5"), ""),
        (BATCH, "flat_usage=1"),
    ],
    ids=["shorter", "another order", "another value", "flat usage"],
)
def test_a_key_of_another_report_is_refused(tell: Tell, body: str, options: str) -> None:
    async def story(home: Home) -> None:
        await home.send()
        reply = await home.send(body, **{"3scale_options": options})
        assert (reply.status, reply.body) == (422, KEY_REUSED)
        assert home.counted() == COUNTED

    tell(story)


def test_a_key_belongs_to_who_sends_it_and_to_one_product(tell: Tell) -> None:
    async def story(home: Home) -> None:
        await home.send()
        other = LINES[0]
        for caller in ("service_token=t2&service_id=1", "provider_key=p&service_id=1"):
            assert await home.status(other, line=f"POST /transactions.xml?{caller}") == 202
        assert home.counted() == sorted([*COUNTED, COUNTED[0], COUNTED[0]])

    tell(story)


def test_a_report_that_does_not_count_leaves_its_key_free(tell: Tell) -> None:
    async def story(home: Home) -> None:
        wrong = BATCH.replace("second", "nobody")
        told = {"3scale_options": "rejection_reason_header=1"}
        reply = await home.send(wrong, **told)
        assert dict(reply.headers)["3scale-rejection-reason"] == "user_key_invalid"
        assert await home.status() == 202
        assert home.counted() == COUNTED

    tell(story)


@pytest.mark.parametrize("key", ["", "k" * 256, "k\u00e9y", "k\ty", "\udcff"])
def test_a_bad_key_is_told(tell: Tell, key: str) -> None:
    async def story(home: Home) -> None:
        reply = await home.send(key=key)
        assert (reply.status, reply.body) == (400, KEY_INVALID)
        assert home.counted() == []

    tell(story)


@pytest.mark.parametrize("key", ["k", "k" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b"])
def test_a_key_is_any_short_text(tell: Tell, key: str) -> None:
    async def story(home: Home) -> None:
        assert [await home.status(key=key) for _ in range(2)] == [202, 202]
        assert home.counted() == COUNTED

    tell(story)


class BreakingStore(MemoryStore):
    """Breaks in some of its spends: before they are done, or after, so that the answer is lost."""

    def __init__(self, *breaks: str) -> None:
        super().__init__(KEYRING)
        self._breaks = list(breaks)
        publish(self, STATE)

    async def spend(self, spend: Spend) -> Spent:
        breaks = self._breaks.pop(0) if self._breaks else "never"
        if breaks == "before":
            raise StoreUnavailableError("gone")
        spent = await super().spend(spend)
        if breaks == "after":
            raise StoreUnavailableError("gone")
        return spent


@given(st.lists(st.sampled_from(["never", "before", "after"]), max_size=12))
def test_a_broken_report_is_sent_until_it_counts_and_counts_once(breaks: list[str]) -> None:
    store = BreakingStore(*breaks)
    home = Home(store, lambda: store.usage)

    async def play() -> None:
        while await home.status() != 202:
            home.at += 61  # a minute later: lines would be put together otherwise than before

    asyncio.run(play())
    assert home.counted() == COUNTED


def test_a_repeat_is_taken_as_of_when_the_report_first_came() -> None:
    store = BreakingStore("before", "before")
    home = Home(store, lambda: store.usage)
    earlier = AT - 5 * HOUR
    body = "&".join([LINES[0], line(1, "second", 2, timestamp=earlier)])

    async def play() -> None:
        assert await home.status(body) == 503
        home.at += 20 * HOUR  # what is a day old is too old for a report that comes now
        assert await home.status(body) == 202

    asyncio.run(play())
    assert home.counted() == [("first", AT, 1), ("second", earlier, 2)]


def test_keys_are_kept_for_a_day_and_nowhere_in_clear(valkey_url: str) -> None:
    async def story(home: Home) -> None:
        await home.send()
        client = servers.client_of(valkey_url)
        names = client.keys()
        kept = [k for k in names if k.startswith((b"once:", b"receipt:"))]
        assert sorted(k.partition(b":")[0] for k in kept) == [b"once"] * 3 + [b"receipt"]
        assert all(ONCE_S - 60 < client.ttl(k) <= ONCE_S for k in kept)
        assert not [k for k in names if KEY.encode() in k + (client.dump(k) or b"")]

    tell_server(valkey_url, story)


def test_after_a_day_a_key_is_new_again(valkey_url: str) -> None:
    async def story(home: Home) -> None:
        await home.send()
        client = servers.client_of(valkey_url)
        client.delete(*client.keys("receipt:*"))  # its time is over, that of the lines not quite
        home.at += ONCE_S + 1
        assert await home.status() == 202
        assert len(home.counted()) == 2 * len(COUNTED)

    tell_server(valkey_url, story)


ASK = Report(ServiceToken("t", "1"), "1", (), key=KEY)
RECEIPT = Receipt(b"digest", AT)


@pytest.mark.parametrize(
    ("ask", "service_id"),
    [
        (Report(ServiceToken("t", "1"), "1", (), key="another"), "1"),
        (Report(ServiceToken("t2", "1"), "1", (), key=KEY), "1"),
        (Report(ProviderKey("t"), "1", (), key=KEY), "1"),
        (ASK, "2"),
    ],
    ids=["key", "token", "kind of credentials", "product"],
)
def test_a_report_is_named_by_its_key_its_sender_and_its_product(
    ask: Report, service_id: str
) -> None:
    assert receipts.name(KEYRING, ASK, "1") == receipts.name(KEYRING, ASK, "1")
    assert receipts.name(KEYRING, ask, service_id) != receipts.name(KEYRING, ASK, "1")


def test_lines_and_days_have_names_of_their_own() -> None:
    later = Receipt(RECEIPT.digest, AT + ONCE_S)
    names = [receipts.line_name(bytes(20), kept, n) for kept in (RECEIPT, later) for n in (1, 11)]
    assert len(set(names)) == 4
