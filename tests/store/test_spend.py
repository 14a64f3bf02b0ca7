"""``spend`` has one meaning and several homes; every home answers the same vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module, resources
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import servers
from conftest import vectors
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period
from tollway.core.usage import AMOUNT_MAX
from tollway.store import Cell, Outcome, Spend, Spent, Store, keys, spending
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application
from tollway.store.spending import PERIODS, Counters, Tally
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([bytes(32)])
APPLICATION = Application("1", "app", "active", "plan", "Plan")
CASES = vectors("spend")
ZEROS = (0,) * 7

Cells = dict[str, Counters]
Tallies = dict[str, Tally]
Told = tuple[Spent, Cells, Tallies]
Home = Callable[[Cells, Tallies, Sequence[Entry], int, int], Told]


def cell_of(fields: Mapping[str, Any], at: int) -> Counters:
    """Read a vector's cell: its windows are those that hold its ``at``, else the case's."""
    return Counters(
        spending.starts(fields.get("at", at)),
        tuple(fields.get("used", ZEROS)),
        tuple(fields.get("lost", ZEROS)),
        fields.get("held", 0),
    )


def flat(cell: Counters) -> list[int]:
    """Lay out a cell as the server keeps it."""
    return [*cell.starts, *cell.used, *cell.lost, cell.held]


def unflat(numbers: Sequence[float]) -> Counters:
    n = [int(number) for number in numbers]
    return Counters(tuple(n[:7]), tuple(n[7:14]), tuple(n[14:21]), n[21])


def unflat_tally(numbers: Sequence[float]) -> Tally:
    n = [int(number) for number in numbers]
    return Tally(tuple(n[:7]), tuple(n[7:]))


def in_python(
    cells: Cells, tallies: Tallies, entries: Sequence[Entry], at: int, event_at: int
) -> Told:
    starts, counted = spending.starts(at), spending.counted(at, event_at)
    kept = [cells.get(e.metric, Counters()) for e in entries]
    done, after, before = spending.spend(kept, entries, starts, counted)
    over = {
        e.metric: spending.refusing(spending.rolled(cell, starts), e, counted)
        for e, cell in zip(entries, kept, strict=True)
    }
    tallied = {
        metric: spending.tallied(tallies.get(metric, Tally()), periods, starts)
        for metric, periods in over.items()
        if any(periods) and not done
    }
    changed = {
        e.metric: cell
        for e, cell in zip(entries, after, strict=True)
        if done and spending.writes(e)
    }
    spent = Spent(Outcome.DONE if done else Outcome.REFUSED, before)
    return spent, cells | changed, tallies | tallied


def in_lua(runtime: str) -> Home:
    lua = import_module(f"lupa.{runtime}").LuaRuntime(unpack_returned_tuples=True)
    lua.execute("setmetatable(_G, {__newindex = function(_, k) error('global ' .. k) end})")
    module = lua.execute((resources.files("tollway.store") / "spend.lua").read_text())

    def table(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return lua.table_from([table(each) for each in value])
        return value

    def tallied(tally: Tally | None, periods: Any, starts: Any) -> Tally:
        kept = table([*tally.starts, *tally.refused]) if tally else module.new_tally()
        module.tally(kept, periods, starts)
        return unflat_tally(list(kept.values()))

    def run(
        cells: Cells, tallies: Tallies, entries: Sequence[Entry], at: int, event_at: int
    ) -> Told:
        kept = [
            table(flat(cells[e.metric])) if e.metric in cells else module.new_cell()
            for e in entries
        ]
        packed = table(
            [
                (e.metric, str(e.kind), e.amount, [(PERIODS.index(p) + 1, c) for p, c in e.caps])
                for e in entries
            ]
        )
        windows = table(spending.starts(at)), table(spending.counted(at, event_at))
        done, before = module.spend(table(kept), packed, *windows)
        readings = [
            Cell(tuple(int(n) for n in used.values()), int(held))
            for used, held in (reading.values() for reading in before.values())
        ]
        after = {
            e.metric: unflat(list(cell.values()))
            for e, cell, entry in zip(entries, kept, packed.values(), strict=True)
            if done and module.writes(entry)
        }
        refused = {
            e.metric: tallied(tallies.get(e.metric), periods, windows[0])
            for e, cell, entry in zip(entries, kept, packed.values(), strict=True)
            if not done and (periods := module.refusing(cell, entry, windows[1]))
        }
        spent = Spent(Outcome.DONE if done else Outcome.REFUSED, readings)
        return spent, cells | after, tallies | refused

    return run


async def on(store: Store, entries: Sequence[Entry], at: int, event_at: int) -> Spent:
    application = await store.application("1", "app")
    assert application
    return await store.spend(Spend("1", "app", application.revision, entries, at, event_at))


def in_memory(
    cells: Cells, tallies: Tallies, entries: Sequence[Entry], at: int, event_at: int
) -> Told:
    store = MemoryStore(KEYRING)
    store.put_application(APPLICATION)
    store.cells = {("1", "app", metric): cell for metric, cell in cells.items()}
    store.refused = {("1", "app", metric): tally for metric, tally in tallies.items()}
    spent = asyncio.run(on(store, entries, at, event_at))
    refused = {metric: tally for (*_, metric), tally in store.refused.items()}
    return spent, {metric: cell for (*_, metric), cell in store.cells.items()}, refused


def on_server(url: str) -> Home:
    client = servers.client_of(url)
    where = keys.application("1", "app")

    async def spend(entries: Sequence[Entry], at: int, event_at: int) -> Spent:
        store = await ValkeyStore.connect(url, KEYRING)
        try:
            return await on(store, entries, at, event_at)
        finally:
            await store.close()

    def run(
        cells: Cells, tallies: Tallies, entries: Sequence[Entry], at: int, event_at: int
    ) -> Told:
        client.flushall()
        Publisher.connect(url, KEYRING).put_application(APPLICATION)
        for metric, cell in cells.items():
            client.hset(where.cells, metric, msgspec.msgpack.encode(flat(cell)))
        for metric, tally in tallies.items():
            packed = msgspec.msgpack.encode([*tally.starts, *tally.refused])
            client.hset(where.cells, keys.tally(metric), packed)
        spent = asyncio.run(spend(entries, at, event_at))
        kept = client.hgetall(where.cells)
        fields = {name: msgspec.msgpack.decode(packed) for name, packed in kept.items()}
        refused = {f[1:].decode(): unflat_tally(fields.pop(f)) for f in kept if f[:1] == b"\xff"}
        return spent, {m.decode(): unflat(numbers) for m, numbers in fields.items()}, refused

    return run


@pytest.fixture(scope="module", params=["python", "lua51", "luajit21", "memory", "valkey", "redis"])
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    match request.param:
        case "python":
            yield in_python
        case "memory":
            yield in_memory
        case "valkey" | "redis" as server:
            yield on_server(request.getfixturevalue(f"{server}_url"))
        case runtime:
            yield in_lua(runtime)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_vectors(home: Home, case: dict[str, Any]) -> None:
    at = case["at"]
    starts = spending.starts(at)
    cells = {metric: cell_of(fields, at) for metric, fields in case["cells"].items()}
    entries = msgspec.convert(case["entries"], list[Entry])
    tallies = {
        metric: Tally(spending.starts(fields["at"]), tuple(fields["refused"]))
        for metric, fields in case.get("tallies", {}).items()
    }
    spent, after, refused = home(cells, tallies, entries, at, case.get("event_at", at))
    assert {m: list(tally.refused) for m, tally in refused.items()} == case.get("refused", {})
    assert spent.outcome == case["outcome"]
    assert list(spent.before) == msgspec.convert(
        [(b["used"], b["held"]) for b in case["before"]], list[Cell]
    )
    expected = {metric: cell_of(fields, at) for metric, fields in case["after"].items()}
    empty = Counters(starts)
    assert {m: c for m, cell in after.items() if (c := spending.rolled(cell, starts)) != empty} == {
        m: c for m, c in expected.items() if c != empty
    }


amounts = st.one_of(st.integers(0, 9), st.integers(AMOUNT_MAX - 9, AMOUNT_MAX))
sevens = st.lists(amounts, min_size=7, max_size=7).map(tuple)
instants = st.sampled_from([1_700_000_000 + step for step in (-90_000, -61, 0, 1, 61, 4_000_000)])
cells = st.builds(Counters, instants.map(spending.starts), sevens, sevens, amounts)
caps = st.lists(st.tuples(st.sampled_from(Period), amounts), max_size=3).map(tuple)


@st.composite
def decisions(draw: st.DrawFn) -> tuple[Cells, list[Entry], int, int]:
    metrics = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4))
    entries = [
        Entry(m, kind, draw(amounts), draw(caps) if kind is Kind.ADD else ())
        for m in metrics
        for kind in [draw(st.sampled_from(Kind))]
    ]
    kept = draw(st.dictionaries(st.sampled_from("abcd"), cells))
    return kept, entries, draw(instants), draw(instants)


LUA = in_lua("lua51")


@given(decisions())
def test_lua_and_python_agree(decision: tuple[Cells, list[Entry], int, int]) -> None:
    kept, entries, at, event_at = decision
    assert LUA(kept, {}, entries, at, event_at) == in_python(kept, {}, entries, at, event_at)


@given(decisions())
def test_a_refusal_counts_nothing_and_is_tallied(
    decision: tuple[Cells, list[Entry], int, int],
) -> None:
    kept, entries, at, event_at = decision
    spent, after, refused = in_python(kept, {}, entries, at, event_at)
    assert bool(refused) == (spent.outcome is Outcome.REFUSED)
    if refused:
        assert after == kept


@given(decisions())
def test_an_add_never_passes_a_cap(decision: tuple[Cells, list[Entry], int, int]) -> None:
    kept, entries, at, event_at = decision
    spent, after, _ = in_python(kept, {}, entries, at, event_at)
    counted = dict(zip(PERIODS, spending.counted(at, event_at), strict=True))
    for entry in entries:
        cell = spending.rolled(after.get(entry.metric, Counters()), spending.starts(at))
        taken = dict(zip(PERIODS, cell.reading().used, strict=True))
        for period, cap in entry.caps:
            if spent.outcome is Outcome.DONE and counted[period]:
                assert taken[period] + cell.held <= cap


@given(cells, instants, instants)
def test_windows_only_move_forward(cell: Counters, first: int, second: int) -> None:
    once = spending.rolled(cell, spending.starts(first))
    twice = spending.rolled(once, spending.starts(second))
    assert all(a <= b <= c for a, b, c in zip(cell.starts, once.starts, twice.starts, strict=True))
    if second <= first:
        assert twice == once
