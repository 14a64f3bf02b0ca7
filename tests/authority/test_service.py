"""Decisions over time: a virtual clock, on the store's specification."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import valkey
from hypothesis import given, settings
from hypothesis import strategies as st

from authority.published import KEYRING, application_record, ask, product, publish
from authority.xml_vectors import AT
from tollway.authority import service
from tollway.authority.routes import Routes
from tollway.core.periods import Period, window
from tollway.store import Spend, Spent
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.valkey import ValkeyStore

HOUR = 3600
ACME: dict[str, Any] = {
    "id": "1",
    "owner": "acme",
    "mode": "1",
    "tokens": ["t", "t2"],
    "metrics": [["1", "hits"], ["2", "v2"]],
    "plans": {
        "basic": {"name": "Basic", "limits": [["1", "hour", 3]]},
        "unlimited": {"name": "Unlimited", "limits": []},
        "closed": {"name": "Closed", "limits": [["2", "eternity", 0]]},
    },
    "applications": [
        {"id": "first", "user_keys": ["first"]},
        {"id": "second", "user_keys": ["second"]},
        {"id": "free", "plan": "unlimited", "user_keys": ["free"]},
        {"id": "closed", "plan": "closed", "user_keys": ["closed"]},
    ],
}
STATE: dict[str, Any] = {"providers": {"p": {"id": "acme"}}, "services": [ACME]}
AUTHREP = "GET /transactions/authrep.xml?service_token=t&service_id=1&user_key="


class Story:
    """The authority on a store that Acme has published to, and a clock that is set by hand."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore(KEYRING)
        publish(self.store, STATE)
        self.at = AT
        self.routes = Routes(self.store, KEYRING, lambda: self.at)

    async def status(self, key: str, metric: str = "hits", more: str = "") -> int:
        return (await ask(self.routes, f"{AUTHREP}{key}&usage[{metric}]=1{more}")).status

    def calls(self, key: str, count: int, metric: str = "hits") -> list[int]:
        async def several() -> list[int]:
            return [await self.status(key, metric) for _ in range(count)]

        return asyncio.run(several())

    def limit(self, *limits: tuple[str, str, int]) -> None:
        plans = {**ACME["plans"], "basic": {"name": "Basic", "limits": limits}}
        self.store.put_product(product({**ACME, "plans": plans}))

    def change(self, application_id: str, **changes: Any) -> None:
        given_ = next(a for a in ACME["applications"] if a["id"] == application_id)
        self.store.put_application(application_record("1", {**given_, **changes}))


def test_three_calls_an_hour_pass_and_the_fourth_is_denied_until_the_next_hour() -> None:
    story = Story()
    assert story.calls("first", 5) == [200, 200, 200, 409, 409]
    assert story.calls("second", 4) == [200, 200, 200, 409]  # its own three
    assert story.calls("free", 9) == [200] * 9  # another plan
    story.at += HOUR
    assert story.calls("first", 4) == [200, 200, 200, 409]


def test_the_last_second_of_an_hour_and_the_first_of_the_next_are_two_windows() -> None:
    story = Story()
    story.at = AT - AT % HOUR + HOUR - 1
    assert story.calls("first", 4) == [200, 200, 200, 409]
    story.at += 1
    assert story.calls("first", 1) == [200]


def test_calls_made_before_a_limit_count() -> None:
    story = Story()
    story.limit()
    assert story.calls("first", 2) == [200, 200]
    story.limit(("1", "hour", 3))
    assert story.calls("first", 2) == [200, 409]


def test_counters_survive_a_change_of_plan() -> None:
    story = Story()
    assert story.calls("free", 2) == [200, 200]
    story.change("free", plan="basic")
    assert story.calls("free", 2) == [200, 409]


def test_a_metric_switched_off_is_told_by_a_maximum_of_0() -> None:
    story = Story()
    options = "rejection_reason_header=1&limit_headers=1&no_body=1"
    url = f"{AUTHREP}closed&usage[v2]=1"
    reply = asyncio.run(ask(story.routes, url, **{"3scale_options": options}))
    headers = dict(reply.headers)
    assert (reply.status, reply.body) == (409, b"")
    assert headers["3scale-rejection-reason"] == "limits_exceeded"
    assert headers["3scale-limit-max-value"] == "0"
    assert story.calls("closed", 1, "hits") == [200]


@pytest.mark.parametrize("clients", [64])
def test_a_crowd_gets_exactly_what_the_limit_allows(clients: int) -> None:
    story = Story()
    story.limit(("1", "day", 100))

    async def crowd() -> Sequence[int]:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(several()) for _ in range(clients)]
        return [status for task in asked for status in task.result()]

    async def several() -> list[int]:
        return [await story.status("first") for _ in range(10)]

    statuses = asyncio.run(crowd())
    assert (statuses.count(200), statuses.count(409)) == (100, clients * 10 - 100)


def test_only_what_was_authorized_by_authrep_leaves_a_record() -> None:
    story = Story()

    async def calls() -> None:
        await story.status("first", more="&log[code]=201")
        await ask(story.routes, f"{AUTHREP.replace('authrep', 'authorize')}first&usage[hits]=1")
        await ask(story.routes, f"{AUTHREP}first&usage[hits]=9")  # denied
        await ask(story.routes, f"{AUTHREP}first&usage[hits]=0&log[code]=200")
        await ask(story.routes, f"{AUTHREP}first")

    asyncio.run(calls())
    event = story.store.usage[0]
    assert (event.application_id, event.at, event.code) == ("first", AT, 201)
    assert event.added == [("1", 1)]
    assert len(story.store.usage) == 1


class RacingStore(MemoryStore):
    """Lets something happen between a look-up and the spend that rests on it."""

    def __init__(self, *happenings: Any) -> None:
        super().__init__(KEYRING)
        self.happenings = list(happenings)
        self.spends = 0

    async def spend(self, spend: Spend) -> Spent:
        self.spends += 1
        if self.happenings:
            self.happenings.pop(0)(self)
        return await super().spend(spend)


def put(**changes: Any) -> Any:
    given_ = {**ACME["applications"][0], **changes}
    return lambda store: store.put_application(application_record("1", given_))


@pytest.mark.parametrize(
    ("happening", "status"),
    [
        (put(state="suspended"), 409),
        (put(user_keys=["another"]), 403),
        (put(plan="unlimited"), 200),
        (lambda store: store.remove_application("1", "first"), 403),
    ],
    ids=["suspended", "key changed", "plan changed", "deleted"],
)
def test_a_decision_on_a_stale_record_is_taken_again(happening: Any, status: int) -> None:
    story = Story(RacingStore(happening))
    assert story.calls("first", 1) == [status]
    assert len(story.store.usage) == (status == 200)


def test_a_record_that_never_holds_still_is_a_fault_of_ours() -> None:
    flicker = [put(state="suspended"), put()] * service.ATTEMPTS_MAX
    story = Story(RacingStore(*flicker[: service.ATTEMPTS_MAX]))
    reply = asyncio.run(ask(story.routes, f"{AUTHREP}first&usage[hits]=1"))
    assert reply.status == 503
    assert ("retry-after", "1") in reply.headers
    assert story.store.usage == []
    assert story.calls("first", 1) == [409]


def test_a_denial_too_rests_on_the_record_in_force() -> None:
    story = Story(RacingStore(put()))
    story.change("first", state="suspended")
    assert story.calls("first", 1) == [200]


limits = st.lists(
    st.tuples(st.sampled_from(Period), st.integers(0, 6)), max_size=3, unique_by=lambda x: x[0]
)
pauses = st.lists(st.sampled_from([0, 1, 30, 60, HOUR, 86_400, 604_800]), max_size=20)


@settings(max_examples=50, deadline=None)
@given(limits, pauses)
def test_a_call_passes_if_and_only_if_every_window_has_room(
    plan: list[tuple[Period, int]], waits: list[int]
) -> None:
    story = Story()
    story.limit(*(("1", period, maximum) for period, maximum in plan))
    admitted: list[int] = []

    async def play() -> None:
        for wait_s in waits:
            story.at += wait_s
            room = all(
                sum(at in window(period, story.at) for at in admitted) < maximum
                for period, maximum in plan
            )
            assert await story.status("first") == (200 if room else 409)
            if room:
                admitted.append(story.at)

    asyncio.run(play())


def test_a_warm_decision_is_one_call_to_valkey(valkey_url: str) -> None:
    client = valkey.Valkey.from_url(valkey_url)
    client.flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    publish(publisher, STATE)
    publisher.mark(1)

    async def play() -> None:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        routes = Routes(store, KEYRING, lambda: AT)
        try:
            await ask(routes, f"{AUTHREP}free&usage[hits]=1")
            client.config_resetstat()
            for _ in range(200):
                assert (await ask(routes, f"{AUTHREP}free&usage[hits]=1")).status == 200
        finally:
            await store.close()

    asyncio.run(play())
    about: Any = client.info("commandstats")
    calls = {name: stats["calls"] for name, stats in about.items()}
    assert calls.pop("cmdstat_fcall") == 200
    # Products and tokens are asked for again every half second; nothing else is.
    inside_the_function = {
        "cmdstat_xadd",
        "cmdstat_xlen",
        "cmdstat_hset",
        "cmdstat_hget",
        "cmdstat_hmget",
    }
    others = {name: n for name, n in calls.items() if name not in inside_the_function}
    print(calls)  # noqa: T201
    assert sum(others.values()) < 50


def test_a_plan_younger_than_what_is_known_of_its_product_limits_at_once(valkey_url: str) -> None:
    valkey.Valkey.from_url(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    publish(publisher, STATE)
    publisher.mark(1)
    strict = {"name": "Strict", "limits": [["1", "day", 0]]}
    grown = {**ACME, "plans": {**ACME["plans"], "strict": strict}}

    async def play() -> list[int]:
        store = await ValkeyStore.connect(valkey_url, KEYRING, fresh_s=3600)
        routes = Routes(store, KEYRING, lambda: AT)
        try:
            before = await ask(routes, f"{AUTHREP}free&usage[hits]=1")
            publisher.put_product(product(grown))
            publisher.put_application(
                application_record("1", {"id": "free", "plan": "strict", "user_keys": ["free"]})
            )
            after = await ask(routes, f"{AUTHREP}free&usage[hits]=1")
            return [before.status, after.status]
        finally:
            await store.close()

    assert asyncio.run(play()) == [200, 409]
