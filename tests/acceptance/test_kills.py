"""Deaths under load: whoever dies comes back, every call is accounted for, and no limit gives way.

Clients and an upstream outside the platform write down every call. What they saw is compared with
what the store has counted and what is recorded. ``just soak`` runs the same for minutes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from acceptance.conftest import Installation
from acceptance.ledger import Ledger, ledger
from acceptance.traffic import BROKEN, Call, Traffic, Upstream
from acceptance.world import PATIENCE_S, World, eventually
from tollway import clock
from tollway.cli.child import BACKOFF_MAX_S, LONG_RUN_S
from tollway.cli.memory import began_s, lives
from tollway.gateway.processes import parent_of

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

MASTER, WORKER = "NGINX's master", "a worker of NGINX's"
VICTIMS = (
    *("valkey", "authority", "authority: python", "portal", "portal: python", "worker"),
    *("gateway", MASTER, WORKER),  # the gateway's agent is the Echo API's process, too
)
DYING_S = 0.05  # until what the kernel ends with it, such as granian's workers, is dead too
PHASE_S = 0.3  # a kill comes at any moment of what goes on several times a second
AWAY = ("worker", "portal", "portal: python")  # without whom calls go on
PROGRESS = 50  # calls that pass between two deaths
EVER, A_MINUTE = 300, 120  # limits; the traffic is several times that
MINUTE_S = 60


class Scale(Struct, frozen=True):
    """``rounds``: deaths of each process. ``away_s``: how long portal and worker are away."""

    rounds: int
    away_s: float


class Death(Struct, frozen=True):
    """Who was killed when, when it was gone, and from when on all was well and calls passed."""

    victim: str
    at: float
    gone_at: float
    well_at: float


@pytest.fixture(scope="module")
def installation(home: Path) -> Iterator[Installation]:
    installation = Installation(home / "kills")
    installation.up()
    yield installation
    installation.down()


@pytest.fixture(scope="session")
def scale(*, soak: bool) -> Scale:
    return Scale(8, 60) if soak else Scale(1, 7)


class Crowd:
    """A product in front of ``upstream``, and applications, each with a key, that call it.

    ``applications``: their keys by id; ``ever`` and ``minute`` list the keys of those with a limit.
    """

    def __init__(self, installation: Installation, upstream: Upstream) -> None:
        self._environ = installation.of_processes
        with closing(World(installation.status())) as world:
            self._product = product = world.product(api_backend=upstream.url)
            free, ever, minute = (product.plan() for _ in range(3))
            product.limit(ever, "hits", "eternity", EVER)
            product.limit(minute, "hits", "minute", A_MINUTE)
            made = [product.application(plan) for plan in (free, free, ever, ever, minute, minute)]
            self.applications = {int(each["id"]): str(each["user_key"]) for each in made}
            keys = list(self.applications.values())
            self.ever, self.minute = keys[2:4], keys[4:6]
            for key in self.ever:
                product.limits(key, EVER)
            for key in self.minute:
                product.limits(key, A_MINUTE)
            for key in keys:
                product.serves(key)
        self.traffic = Traffic(product.urls["staging"], keys, clients=3, pause_s=0.02)

    def ledger(self) -> Ledger:
        return ledger(self._environ, self._product.id)

    def settled(self) -> Ledger:
        """Wait until the recorder has caught up with the traffic, which has ended; return both."""
        eventually(lambda: self.ledger().agrees(), "recorded is counted, of each application")
        return self.ledger()


def living(status: dict[str, Any]) -> dict[str, set[int]]:
    """Return the processes of each kind: NGINX's master and workers are told apart."""
    found = defaultdict(set)
    agent = next((p["pid"] for p in status["processes"] if p["name"] == "gateway"), 0)
    for process in status["processes"]:
        name, pid = process["name"], int(process["pid"])
        if name == "gateway: nginx":
            name = MASTER if parent_of(pid) == agent else WORKER
        found[name].add(pid)
    return found


def are_well(installation: Installation) -> bool:
    return installation.tollway("status").returncode == 0


def strike(installation: Installation, traffic: Traffic, victim: str) -> Death:
    """Kill one, and wait until it is replaced, all is well, and calls pass."""
    before = living(installation.status())
    pid = random.choice(sorted(before[victim]))  # noqa: S311
    traffic.join(random.uniform(0, PHASE_S))  # noqa: S311
    at = time.time()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not lives(pid), f"{victim}, process {pid}, is dead")
    gone_at = time.time()

    def back() -> bool:
        now = living(installation.status())
        replaced = pid not in now[victim] and len(now[WORKER]) == len(before[WORKER])
        return replaced and all(map(now.get, VICTIMS)) and are_well(installation)

    eventually(back, f"{victim} is back")
    back_at = time.time()
    eventually(lambda: traffic.admitted(since=back_at) >= PROGRESS, f"{PROGRESS} calls passed")
    return Death(victim, at, gone_at, time.time())


def test_whoever_dies_under_load_no_call_is_lost_or_counted_twice(
    installation: Installation, upstream: Upstream, scale: Scale
) -> None:
    crowd = Crowd(installation, upstream)
    crowd.traffic.start()
    deaths: list[Death] = []
    for _ in range(scale.rounds):
        if deaths:  # who dies again and again at once is started again ever later
            rest(installation)
        victims = random.sample(VICTIMS, len(VICTIMS))
        deaths += [strike(installation, crowd.traffic, victim) for victim in victims]
    crowd.traffic.stop()
    books = crowd.settled()
    tell(crowd, upstream, books, deaths)
    holds(crowd, upstream, books, deaths)
    excused(crowd.traffic.calls, deaths)


def unanswered(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.status not in {200, 429}]


def cut_short(calls: Sequence[Call], deaths: Sequence[Death]) -> list[Call]:
    """Return the calls in flight at a death that have had no answer: they may be counted."""
    return [
        call
        for call in unanswered(calls)
        if any(call.overlaps(death.at, death.gone_at + DYING_S) for death in deaths)
    ]


def holds(crowd: Crowd, upstream: Upstream, books: Ledger, deaths: Sequence[Death]) -> None:
    """Check each application's account; see the names of what is compared in ``tell``."""
    seen = Counter(each.name for each in upstream.seen)
    for number, key in crowd.applications.items():
        calls = [call for call in crowd.traffic.calls if call.key == key]
        passed = {call.name for call in calls if call.status == 200}
        reached = sum(seen[call.name] for call in calls)
        counted = books.applications[number].counted
        assert passed <= seen.keys(), "nobody is told 200 without having been served"
        assert len(passed) <= reached <= counted, "what reached the upstream was counted"
        assert counted - len(passed) <= len(cut_short(calls, deaths))
        served_in_vain = [call for call in calls if seen[call.name] and call.status != 200]
        assert served_in_vain == cut_short(served_in_vain, deaths)
    for key in crowd.ever:
        assert served(crowd, upstream, key) <= EVER
    for key in crowd.minute:
        assert busiest_minute(crowd, upstream, key) <= A_MINUTE


def disturbed(calls: Sequence[Call], death: Death) -> list[Call]:
    """Return the calls that a death is an excuse for not answering: while somebody was away."""
    if death.victim in AWAY:
        return []
    return [call for call in unanswered(calls) if call.overlaps(death.at, death.well_at)]


def excused(calls: Sequence[Call], deaths: Sequence[Death]) -> None:
    """Check that clients saw answers; or, while somebody was away, broken connections and 503."""
    of_a_death = {call.name for death in deaths for call in disturbed(calls, death)}
    for call in unanswered(calls):
        assert call.name in of_a_death, call
        assert call.status == BROKEN or (call.status == 503 and call.retry_after), call


def served(crowd: Crowd, upstream: Upstream, key: str) -> int:
    names = {call.name for call in crowd.traffic.calls if call.key == key}
    return sum(each.name in names for each in upstream.seen)


def busiest_minute(crowd: Crowd, upstream: Upstream, key: str) -> int:
    """Count the calls that reached the upstream in one minute, if it is certain in which.

    A call was counted after its client had sent it, and before the upstream saw it.
    """
    began = {call.name: call.began for call in crowd.traffic.calls if call.key == key}
    minutes = Counter(
        each.at // MINUTE_S
        for each in upstream.seen
        if each.name in began and began[each.name] // MINUTE_S == each.at // MINUTE_S
    )
    return max(minutes.values())


def tell(crowd: Crowd, upstream: Upstream, books: Ledger, deaths: Sequence[Death]) -> None:
    calls = crowd.traffic.calls
    answers = dict(Counter(call.status for call in calls))
    names = {call.name for call in calls}
    print(  # noqa: T201
        f"{len(deaths)} deaths in {calls[-1].ended - calls[0].began:.0f} s, {len(calls)} calls:"
        f" {answers} ({BROKEN}: broken); {sum(s.name in names for s in upstream.seen)} reached the"
        f" upstream, {books.counted} counted, {books.recorded} recorded;"
        f" counted - admitted {books.counted - answers[200]},"
        f" in flight at a death without an answer {len(cut_short(calls, deaths))};"
        f" the limit {EVER}: {[served(crowd, upstream, key) for key in crowd.ever]},"
        f" {A_MINUTE} a minute: {[busiest_minute(crowd, upstream, key) for key in crowd.minute]}"
    )
    for victim in sorted({death.victim for death in deaths}):
        of_victim = [death for death in deaths if death.victim == victim]
        well_s = max(death.well_at - death.at for death in of_victim)
        ends = ([call.ended - d.at for call in disturbed(calls, d)] for d in of_victim)
        answered_s = max((max(each) for each in ends if each), default=0.0)
        print(f"{victim}: calls answered after {answered_s:.1f} s, all well {well_s:.1f} s")  # noqa: T201


def recorder(status: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in status["readers"] if r["name"] == "recorder")
    return found


def lag_is_shown(installation: Installation) -> bool:
    reader = recorder(installation.status())
    shown = installation.tollway("status").stdout
    return bool(reader["failing"]) and reader["lag_seconds"] > 2 and "recorder is " in shown


def absence_is_shown(installation: Installation) -> bool:
    """Whether `status` says at once that something is ill, and how far the recorder is behind."""
    return not are_well(installation) and lag_is_shown(installation)


@contextmanager
def stopped(installation: Installation, traffic: Traffic, away_s: float) -> Iterator[None]:
    """Stop portal and worker for so long, as if they hung; they are while the body runs."""
    until = time.time() + away_s
    pids = [pid for name in AWAY for pid in living(installation.status())[name]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        # `status` waits for the portal, too.
        eventually(lambda: absence_is_shown(installation), "the lag is shown", patience_s=20)
        traffic.join(max(0.0, until - time.time()))
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def dead(installation: Installation, traffic: Traffic, away_s: float) -> Iterator[None]:
    """Kill portal and worker for so long, as often as they come back."""
    kills, until = 0, time.time() + away_s
    while time.time() < until or not absence_is_shown(installation):
        assert time.time() < until + PATIENCE_S
        now = living(installation.status())
        for pid in now["worker"] | now["portal"]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            kills += 1
        traffic.join(PHASE_S)
    print(f"{kills} times killed")  # noqa: T201
    yield


def rest(installation: Installation) -> None:
    """Wait until all have lived so long that another death of theirs counts as the first."""

    def forgiven() -> bool:
        now = clock.since_boot_s()
        pids = (pid for pids in living(installation.status()).values() for pid in pids)
        return all(lives(pid) and now - began_s(pid) > LONG_RUN_S for pid in pids)

    eventually(forgiven, "all have lived long", patience_s=PATIENCE_S + LONG_RUN_S)


@pytest.mark.parametrize("away", [stopped, dead])
def test_without_portal_and_worker_calls_go_on_and_are_recorded_later(
    installation: Installation, upstream: Upstream, scale: Scale, away: Any
) -> None:
    crowd = Crowd(installation, upstream)
    crowd.traffic.start()
    with away(installation, crowd.traffic, scale.away_s):
        behind = crowd.ledger()
    eventually(
        lambda: are_well(installation) and recorder(installation.status())["lag_seconds"] <= 1,
        "the recorder has caught up", patience_s=PATIENCE_S + BACKOFF_MAX_S,
    )  # fmt: skip
    rest(installation)
    crowd.traffic.stop()
    books = crowd.settled()
    print(f"was behind by {behind.counted - behind.recorded} of {behind.counted} calls")  # noqa: T201
    tell(crowd, upstream, books, [])
    holds(crowd, upstream, books, [])
    assert {call.status for call in crowd.traffic.calls} == {200, 429}
