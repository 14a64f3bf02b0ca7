"""A state machine tells one story to the model and to a real server, and compares the answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import servers
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period
from tollway.store import (
    Outcome,
    Receipt,
    SourceConflictError,
    Spend,
    Store,
    StoreUnavailableError,
    keys,
    spending,
)
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    ENVIRONMENTS,
    Application,
    Configurations,
    Gateway,
    Metric,
    Owner,
    Product,
    Source,
    content,
)
from tollway.store.spending import Counters, Tally, UsageEvent
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"m" * 32])
NOON = 1_704_023_990  # ten seconds before noon, on the last Sunday of a year

services = st.sampled_from(["1", "2:", "é}{"])
names = st.sampled_from(["app", "1:app", ""])
metrics = st.sampled_from(["10", "11", "{12}"])
environments = st.sampled_from(ENVIRONMENTS)
owners = st.sampled_from(["acme", "globex"])
secrets = st.sampled_from(["one", "two", "three"])
sources = st.sampled_from(Source)
gateways = st.builds(
    Gateway,
    st.one_of(st.none(), owners),
    st.sampled_from([("staging", "production"), ("production",)]),
)
caps = st.lists(st.tuples(st.sampled_from(Period), st.integers(0, 12)), max_size=3).map(tuple)
skews_s = st.sampled_from([0, 0, 0, -60, -1, 61, -86_400, -3_000_000])


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    return [
        Entry(metric, kind, draw(st.integers(0, 5)), draw(caps) if kind is Kind.ADD else ())
        for metric in draw(st.lists(metrics, unique=True, max_size=3))
        for kind in [draw(st.sampled_from(Kind))]
    ]


def plain(answer: Any) -> Any:
    """Reduce an answer to what both stores must agree on: not revisions, not kinds of sequence."""
    if isinstance(answer, Product | Application):
        return content(answer)
    return msgspec.json.encode(answer) if isinstance(answer, msgspec.Struct) else answer


class Machine(RuleBasedStateMachine):
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.client = servers.client_of(self.url)
        self.client.flushall()
        self.memory = MemoryStore(KEYRING, position=0)
        self.publishers = {s: Publisher(self.client, KEYRING, s) for s in Source}
        self.loop = asyncio.new_event_loop()
        opening = ValkeyStore.connect(self.url, KEYRING, fresh_s=0)
        self.store = self.loop.run_until_complete(opening)
        self.stores: tuple[Store, Store] = (self.memory, self.store)
        self.now = NOON
        self.cursors: dict[tuple[Any, ...], tuple[str, str]] = {}
        self.revisions: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.client.close()

    def publish(self, source: Source, method: str, *args: Any) -> None:
        """Call a method of both publishers; they succeed or conflict alike."""
        self.memory.source = source
        told = [self.attempt(getattr(self.memory, method), *args)]
        told.append(self.attempt(getattr(self.publishers[source], method), *args))
        assert told[0] == told[1]

    def attempt(self, method: Callable[..., None], *args: Any) -> bool:
        try:
            method(*args)
        except SourceConflictError:
            return False
        return True

    def ask(self, method: str, *args: Any, **named: Any) -> tuple[Any, Any]:
        """Ask both stores; they answer, or have nothing yet, alike."""
        answers = []
        for store in self.stores:
            try:
                question = getattr(store, method)(*args, **named)
                answers.append(self.loop.run_until_complete(question))
            except StoreUnavailableError:
                answers.append(StoreUnavailableError)
        return answers[0], answers[1]

    # Time

    @rule(seconds=st.sampled_from([1, 10, 59, 60, 3600, 43_200, 86_400, 7 * 86_400, 31 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    # Publishing

    @rule(source=sources, service=services, version=st.sampled_from(["1", "2"]), metric=metrics)
    def put_product(self, source: Source, service: str, version: str, metric: str) -> None:
        product = Product(service, "acme", version, [Metric(metric, "hits")])
        self.publish(source, "put_product", product)

    @rule(source=sources, service=services)
    def remove_product(self, source: Source, service: str) -> None:
        self.publish(source, "remove_product", service)

    @rule(
        source=sources,
        service=services,
        name=names,
        plan=st.sampled_from(["Basic", "Gold"]),
        user_keys=st.lists(secrets, unique=True),
    )
    def put_application(
        self, source: Source, service: str, name: str, plan: str, user_keys: list[str]
    ) -> None:
        taken = {
            digest
            for (owner, other), record in self.memory._applications.items()
            if owner == service and other != name
            for digest in record.user_keys
        }
        digests = {KEYRING.digest("user_key", service, key) for key in user_keys} - taken
        application = Application(service, name, "active", "7", plan, user_keys=sorted(digests))
        self.publish(source, "put_application", application)

    @rule(source=sources, service=services, name=names)
    def remove_application(self, source: Source, service: str, name: str) -> None:
        self.publish(source, "remove_application", service, name)

    @rule(source=sources, put=st.booleans(), service=services, token=secrets)
    def service_token(self, source: Source, put: bool, service: str, token: str) -> None:  # noqa: FBT001
        method = "put_service_token" if put else "remove_service_token"
        self.publish(source, method, service, KEYRING.digest("service_token", token))

    @rule(key=secrets, owner=st.one_of(st.none(), st.builds(Owner, owners)))
    def provider(self, key: str, owner: Owner | None) -> None:
        digest = KEYRING.digest("provider_key", key)
        if owner:
            self.publish(Source.PORTAL, "put_provider", digest, owner)
        else:
            self.publish(Source.PORTAL, "remove_provider", digest)

    @rule(token=secrets, gateway=st.one_of(st.none(), gateways))
    def gateway(self, token: str, gateway: Gateway | None) -> None:
        digest = KEYRING.digest("gateway_token", token)
        if gateway:
            self.publish(Source.PORTAL, "put_gateway", digest, gateway)
        else:
            self.publish(Source.PORTAL, "remove_gateway", digest)

    @rule(
        source=sources,
        environment=environments,
        owner=owners,
        service=services,
        n=st.integers(0, 2),
    )
    def put_configuration(
        self, source: Source, environment: str, owner: str, service: str, n: int
    ) -> None:
        document = {"id": service, "n": n}
        self.publish(source, "put_configuration", environment, owner, service, document)

    @rule(source=sources, environment=environments, service=services)
    def remove_configuration(self, source: Source, environment: str, service: str) -> None:
        self.publish(source, "remove_configuration", environment, service)

    @rule(position=st.integers(1, 99))
    def mark(self, position: int) -> None:
        self.publish(Source.PORTAL, "mark", position)
        assert self.memory.position() == self.publishers[Source.PORTAL].position()

    # Deciding

    @rule(
        service=services,
        name=names,
        back=st.integers(0, 1),
        entries=entries(),
        skew_s=skews_s,
        age_s=st.sampled_from([0, 0, 0, 60, 86_400, -3600]),
        code=st.sampled_from([0, 200]),
        record=st.booleans(),
        once=st.sampled_from([b"", b"", b"one", b"two"]),
    )
    def spend(
        self,
        service: str,
        name: str,
        back: int,
        entries: list[Entry],
        skew_s: int,
        age_s: int,
        code: int,
        record: bool,  # noqa: FBT001
        once: bytes,
    ) -> None:
        if not back:
            self.ask_for_application("application", service, name)
        known = self.revisions[service, name]
        revisions = known[-1 - back] if len(known) > back else (0, 0)
        at = self.now + skew_s
        ours, theirs = (
            self.loop.run_until_complete(
                store.spend(
                    Spend(service, name, revision, entries, at, at - age_s, code, record, once)
                )
            )
            for store, revision in zip(self.stores, revisions, strict=True)
        )
        assert (ours.outcome, list(ours.before)) == (theirs.outcome, list(theirs.before))
        event(f"outcome: {ours.outcome}")
        if back and len(known) > 1:
            assert ours.outcome in {Outcome.STALE, Outcome.REPEATED}

    @rule(name=st.sampled_from([b"one", b"two"]), at=st.integers(0, 2), counted=st.booleans())
    def receipts(self, name: bytes, at: int, counted: bool) -> None:  # noqa: FBT001
        ours, theirs = self.ask("put_receipt", name, Receipt(b"digest", at, counted))
        assert ours == theirs
        ours, theirs = self.ask("receipt", name)
        assert ours == theirs

    # Asking

    @rule(service=services, name=names)
    def application(self, service: str, name: str) -> None:
        self.ask_for_application("application", service, name)

    @rule(service=services, key=secrets)
    def application_by_user_key(self, service: str, key: str) -> None:
        self.ask_for_application("application_by_user_key", service, key)

    def ask_for_application(self, method: str, service: str, name: str) -> None:
        """Ask as a decision does, which asks again while the record proves stale."""
        ours, theirs = self.ask(method, service, name)
        while isinstance(theirs, Application):
            probe = Spend(service, theirs.id, theirs.revision, (), self.now, self.now)
            if self.loop.run_until_complete(self.store.spend(probe)).outcome is Outcome.DONE:
                break
            _, theirs = self.ask(method, service, name)
        if isinstance(ours, Application) and isinstance(theirs, Application):
            pair = (ours.revision, theirs.revision)
            known = self.revisions[ours.service_id, ours.id]
            assert all((pair[0] == a) == (pair[1] == b) for a, b in known)
            if pair not in known:
                known.append(pair)
        assert plain(ours) == plain(theirs)

    @rule(service=services)
    def product(self, service: str) -> None:
        ours, theirs = self.ask("product", service)
        assert plain(ours) == plain(theirs)

    @rule(token=secrets, service=services)
    def ask_secrets(self, token: str, service: str) -> None:
        for method, args in (
            ("service_token", (token, service)),
            ("provider", (token,)),
            ("gateway", (token,)),
        ):
            ours, theirs = self.ask(method, *args)
            assert plain(ours) == plain(theirs)

    @rule(gateway=gateways, environment=environments, forget=st.booleans())
    def follow(self, gateway: Gateway, environment: str, forget: bool) -> None:  # noqa: FBT001
        place = (gateway.owner, *gateway.environments, environment)
        known = ("", "") if forget else self.cursors.get(place, ("", ""))
        steps: list[Configurations] = [
            self.loop.run_until_complete(
                store.configurations(gateway, environment, after=after, wait_s=0)
            )
            for store, after in zip(self.stores, known, strict=True)
        ]
        ours, theirs = (plain(msgspec.structs.replace(step, cursor="")) for step in steps)
        assert ours == theirs
        assert (steps[0].cursor == known[0]) == (steps[1].cursor == known[1])
        self.cursors[place] = steps[0].cursor, steps[1].cursor

    # What holds at any time

    @invariant()
    def counters_are_equal(self) -> None:
        starts = spending.starts(self.now)
        empty = Counters(starts)
        ours = {place: spending.rolled(cell, starts) for place, cell in self.memory.cells.items()}
        theirs, refused = {}, {}
        for service, name, _ in {*self.memory.cells, *self.memory.refused}:
            where = keys.application(service, name)
            for field, packed in self.client.hgetall(where.cells).items():
                n = msgspec.msgpack.decode(packed)
                if field[:1] == b"\xff":
                    refused[service, name, field[1:].decode()] = Tally(tuple(n[:7]), tuple(n[7:]))
                    continue
                cell = Counters(tuple(n[:7]), tuple(n[7:14]), tuple(n[14:21]), n[21])
                theirs[service, name, field.decode()] = spending.rolled(cell, starts)
        assert {p: c for p, c in ours.items() if c != empty} == {
            p: c for p, c in theirs.items() if c != empty
        }
        assert refused == self.memory.refused

    @invariant()
    def usage_is_equal(self) -> None:
        """Events are in either stream: whose a service is, the store knows once it has read it."""
        ours = defaultdict(list)
        for each in self.memory.usage:
            number = keys.shard(each.service_id, each.application_id)
            ours[number].append(msgspec.msgpack.encode(each))
        for number, events in ours.items():
            streams = [self.events(keys.stream(number)), self.events(keys.heard(number))]
            assert sorted(streams[0] + streams[1]) == sorted(events)
            for stream in streams:
                rest = iter(events)
                assert all(event in rest for event in stream), "in the order in which they came"
            msgspec.msgpack.decode(events[-1], type=UsageEvent)
        found = {*self.client.keys("usage:*"), *self.client.keys("heard:*")}
        known = {name for n in ours for name in (keys.stream(n), keys.heard(n))}
        assert {key.decode() for key in found} <= known

    def events(self, stream: str) -> list[bytes]:
        return [fields[b"event"] for _, fields in self.client.xrange(stream)]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("server", ["valkey", "redis"])
def test_server_and_model_tell_one_story(request: pytest.FixtureRequest, server: str) -> None:
    class OnServer(Machine):
        url = request.getfixturevalue(f"{server}_url")

    run_state_machine_as_test(
        OnServer, settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
