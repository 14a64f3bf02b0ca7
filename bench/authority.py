"""What the authority costs, beside what its server can do at all. Run: python bench/authority.py.

One run publishes 1,000 products and 100,000 applications on plans with one limit and with eight,
lets each of them call once (memory), lets a crowd call applications with small limits (exactness),
and presses one authority process and two bare RSGI handlers that answer bodies of the same size in
turns, over 64 connections and with calls spread evenly over all applications (speed).

Other work on the machine lowers rates, most of all those of two processes that wait for one
another, and makes a call dearer. `--first` (as root) gives what is pressed the processor before
everybody else, for a second at a time. `--quick` is for the tests: all but the speed, in small;
what it prints of memory means nothing then.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: it has an `authority` too

import servers  # noqa: E402
from acceptance.load import statuses  # noqa: E402
from authority.published import KEYRING, SECRET_KEY  # noqa: E402
from tollway.cli.datadir import Process  # noqa: E402
from tollway.cli.memory import usages  # noqa: E402
from tollway.store.publishing import Publisher  # noqa: E402
from tollway.store.snapshot import Application, Metric, Plan, Product, UsageLimit  # noqa: E402

CLIENTS = 64
NO_LIMIT = 10**12
PERIODS = ("minute", "hour", "day", "month")
HITS, SEARCH = Metric("1", "hits"), Metric("2", "search", "1")
PLANS = {
    "one": [UsageLimit("1", "day", NO_LIMIT)],
    "eight": [UsageLimit(m, period, NO_LIMIT) for m in "12" for period in PERIODS],
}
QUIET = "rejection_reason_header=1&limit_headers=1&no_body=1"  # what a gateway asks for
BARE = """
def answering(size):
    body = b"x" * size

    async def app(scope, protocol):
        protocol.response_bytes(200, [("content-type", "application/vnd.3scale-v2.0+xml")], body)

    return app
"""
# Which application calls: the next one, or any. Those on the two plans take turns, so that each
# product has as many on either.
CALLS = """
local next, products, applications, path, usage, plan

function init(args)
  next, products, applications = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  path, usage, plan = args[4], args[5], tonumber(args[6])
  math.randomseed(os.time())
end

function request()
  local n = next
  if n < 0 then
    n = math.random(0, applications - 1)
    n = n - math.floor(n / products) % 2 * products + plan * products
  else
    next = (n + 1) % applications
  end
  local service = n % products
  return "GET " .. path .. "?service_token=token" .. service .. "&service_id=" .. service
    .. "&user_key=key" .. n .. usage .. " HTTP/1.1\\r\\nHost: bench\\r\\n" .. EXTENSIONS .. "\\r\\n"
end

function done(summary)
  print("calls", summary.requests)
  print("wrong", summary.errors.status + summary.errors.read + summary.errors.timeout)
end
"""


class Scale(Struct, frozen=True):
    products: int
    applications: int
    rounds: int
    seconds: int
    limits: tuple[int, ...]


FULL = Scale(1_000, 100_000, 5, 3, (3, 100, 10_000))
QUICK = Scale(10, 200, 0, 1, (3, 100))


class Subject(Struct, frozen=True):
    """What is pressed: a process, and what is asked of it. ``plan``: the place in ``PLANS``."""

    worker: Worker
    plan: int
    path: str = "/transactions/authrep.xml"
    extensions: str = ""


class Pressed(Struct, frozen=True):
    """Of one press: calls a second, milliseconds, and CPU microseconds a call."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    valkey_us: float


class Worker:
    """One granian worker, as `tollway authority` runs it."""

    def __init__(self, target: str, directory: Path, **environment: str) -> None:
        (port,) = servers.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "granian", "--no-log"),
            *("--interface", "rsgi", "--loop", "uvloop", "--workers", "1", "--no-ws"),
            *("--backlog", "4096", "--host", "127.0.0.1", "--port", str(port), target),
        ]
        path = f"{ROOT / 'src'}:{directory}"
        inherited = {**os.environ, "PYTHONPATH": path, **environment}
        self._process = subprocess.Popen(command, env=inherited)

    def __enter__(self) -> Worker:
        until = time.monotonic() + servers.PATIENCE_S
        while time.monotonic() < until:
            try:
                statuses(f"{self.url}/status", clients=1, calls=1)
                return self
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the worker did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def pids(self) -> list[int]:
        return [usage.pid for usage in usages((Process("granian", self._process.pid),))]

    def memory_bytes(self) -> int:
        return sum(u.memory_bytes for u in usages((Process("granian", self._process.pid),)))


class Stage:
    """A Valkey, what is published to it, and what a press needs to know."""

    def __init__(self, scale: Scale, url: str, directory: Path, *, first: bool) -> None:
        self.scale = scale
        self._first = first
        self._valkey = int(servers.client_of(url).info("server")["process_id"])
        self._directory = directory

    def memory_bytes(self) -> int:
        return sum(u.memory_bytes for u in usages((Process("valkey", self._valkey),)))

    def press(self, subject: Subject, *, seconds: int, first: int = -1) -> tuple[Pressed, int]:
        """Call from the application ``first`` on, or (-1) from any; also return how often."""
        pids = subject.worker.pids
        before, valkey_before = cpu_s(*pids), cpu_s(self._valkey)
        said = self._wrk(subject, seconds, first)
        cpu, valkey = cpu_s(*pids) - before, cpu_s(self._valkey) - valkey_before
        calls = int(said["calls"])
        assert said["wrong"] == "0", said
        pressed = Pressed(
            float(said["Requests/sec:"]), milliseconds(said["50%"]), milliseconds(said["99%"]),
            cpu / calls * 1e6, valkey / calls * 1e6,
        )  # fmt: skip
        return pressed, calls

    def _wrk(self, subject: Subject, seconds: int, first: int) -> dict[str, str]:
        header = f"3scale-options: {subject.extensions}\\r\\n" if subject.extensions else ""
        script = self._directory / "calls.lua"
        script.write_text(f'local EXTENSIONS = "{header}"\n{CALLS}')
        usage = ("&usage%5Bhits%5D=1", "&usage%5Bsearch%5D=1")[subject.plan]
        command = [
            *("wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", "--latency", "-s", str(script)),
            *(subject.worker.url, "--", str(first), str(self.scale.products)),
            *(str(self.scale.applications), subject.path, usage, str(subject.plan)),
        ]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return dict(re.findall(r"(\S+)\s+(\S+)\s*$", out, re.MULTILINE))

    def press_first(self, subject: Subject) -> Pressed:
        """Press what is warm for a second, before everybody else, who have the next one."""
        self._wrk(subject, 1, -1)
        pids = (*subject.worker.pids, self._valkey, os.getpid())  # whose children call
        try:
            schedule("-r", "1", pids)
            return self.press(subject, seconds=1)[0]
        finally:
            schedule("-o", "0", pids)
            time.sleep(1)

    def measured(self, subject: Subject) -> Pressed:
        if self._first:
            return self.press_first(subject)
        return self.press(subject, seconds=self.scale.seconds)[0]

    def call_each_once(self, authority: Worker) -> None:
        """Let each application call; the last calls of a press may have had no answer."""
        called = 0
        while called < self.scale.applications:
            _, calls = self.press(Subject(authority, 0), seconds=1, first=called)
            called += max(0, calls - CLIENTS)


def schedule(policy: str, priority: str, pids: Sequence[int]) -> None:
    for pid in pids:
        subprocess.run(["chrt", "-a", policy, "-p", priority, str(pid)], check=True)


def cpu_s(*pids: int) -> float:
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def publish(url: str, scale: Scale) -> float:
    """Publish everything; return how long that took, in seconds."""
    began = time.monotonic()
    publisher = Publisher.connect(url, KEYRING)
    plans = {id_: Plan(id_, id_.title(), limits) for id_, limits in PLANS.items()}
    for n in range(scale.products):
        publisher.put_product(Product(str(n), "acme", "1", [HITS, SEARCH], plans))
        publisher.put_service_token(str(n), KEYRING.digest("service_token", f"token{n}"))
    for n in range(scale.applications):
        plan = list(PLANS)[n // scale.products % 2]
        publisher.put_application(application(str(n % scale.products), f"app{n}", plan, f"key{n}"))
    crowded = {str(n): Plan(str(n), "Small", [UsageLimit("1", "year", n)]) for n in scale.limits}
    publisher.put_product(Product("crowded", "acme", "1", [HITS], crowded))
    publisher.put_service_token("crowded", KEYRING.digest("service_token", "crowded"))
    for n in scale.limits:
        publisher.put_application(application("crowded", f"small{n}", str(n), f"small{n}"))
    publisher.mark(1)
    return time.monotonic() - began


def application(service: str, id_: str, plan: str, key: str) -> Application:
    digest = KEYRING.digest("user_key", service, key)
    return Application(service, id_, "active", plan, plan, user_keys=[digest])


def document_bytes(authority: Worker, plan: int, scale: Scale) -> int:
    """How long the answer to an authrep is, on the one plan and the other."""
    n = plan * scale.products
    query = f"service_token=token0&service_id=0&user_key=key{n}&usage%5Bhits%5D=1"
    answer = subprocess.run(
        ["curl", "-s", f"{authority.url}/transactions/authrep.xml?{query}"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert b"<authorized>true" in answer.stdout, answer.stdout
    return len(answer.stdout)


def exact(authority: Worker, limit: int) -> None:
    """Let a crowd call an application with a small limit; it has to hold, and to be used up."""
    calls = limit + limit // 20 + CLIENTS * 4
    query = "service_token=crowded&service_id=crowded&usage%5Bhits%5D=1"
    url = f"{authority.url}/transactions/authrep.xml?{query}&user_key=small{limit}"
    found = statuses(url, clients=CLIENTS, calls=calls)
    admitted = found.get(200, 0)
    over, in_vain = max(0, admitted - limit), max(0, limit - admitted)
    print(
        f"limit {limit:6,}: {calls:,} calls over {CLIENTS} connections, {admitted:,} admitted;"
        f" over-admitted {over}, refused though there was room {in_vain}"
    )
    assert (over, in_vain) == (0, 0)
    assert found == {200: limit, 409: calls - limit}


def measure(stage: Stage, subjects: Mapping[str, Subject], floors: Mapping[str, str]) -> None:
    """Press all in turns; print the best of each, and the median and range of the ratios."""
    rounds = [
        {name: stage.measured(subject) for name, subject in subjects.items()}
        for _ in range(stage.scale.rounds)
    ]
    print(
        f"{'':28}{'calls/s':>9}{'of bare':>19}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}{'Valkey':>8}"
    )
    best = {
        name: max((measured[name] for measured in rounds), key=lambda pressed: pressed.rate)
        for name in subjects
    }
    for name, found in best.items():
        ratios = [measured[name].rate / measured[floors[name]].rate for measured in rounds]
        of_bare = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        print(
            f"{name:28}{found.rate:9,.0f}{of_bare:>19}{found.p50_ms:8.1f}{found.p99_ms:8.1f}"
            f"{found.cpu_us:8.1f}{found.valkey_us:8.1f}"
        )


def run(scale: Scale, url: str, directory: Path, *, first: bool) -> None:
    stage = Stage(scale, url, directory, first=first)
    before = stage.memory_bytes()
    took_s = publish(url, scale)
    held = stage.memory_bytes() - before
    print(
        f"{scale.products:,} products and {scale.applications:,} applications published in"
        f" {took_s:.0f} s; Valkey has {held / 1e6:.0f} MB more (PSS)"
    )
    environment = {
        "TOLLWAY_DATA_DIR": str(directory),
        "TOLLWAY_SECRET_KEY": SECRET_KEY.hex(),
        "TOLLWAY_VALKEY_URL": url,
    }
    with Worker("tollway.authority.rsgi:app", directory, **environment) as authority:
        sizes = [document_bytes(authority, plan, scale) for plan in range(len(PLANS))]
        own, kept = authority.memory_bytes(), stage.memory_bytes()
        stage.call_each_once(authority)
        own, kept = authority.memory_bytes() - own, stage.memory_bytes() - kept
        print(
            f"once each has called, the authority has {own / 1e6:.0f} MB more, Valkey"
            f" {kept / 1e6:.0f} MB"
        )
        for limit in scale.limits:
            exact(authority, limit)
        lines = [f"plan{plan} = answering({size})" for plan, size in enumerate(sizes)]
        (directory / "bare.py").write_text("\n".join([BARE, *lines]))
        with (
            Worker("bare:plan0", directory) as bare_one,
            Worker("bare:plan1", directory) as bare_eight,
        ):
            one, eight = (f"bare, {size} bytes" for size in sizes)
            subjects = {
                one: Subject(bare_one, 0),
                "authrep, one limit": Subject(authority, 0),
                "authrep, one limit, quiet": Subject(authority, 0, extensions=QUIET),
                "authorize, one limit": Subject(authority, 0, "/transactions/authorize.xml"),
                eight: Subject(bare_eight, 1),
                "authrep, eight limits": Subject(authority, 1),
            }
            if scale.rounds:
                floors = {name: (one, eight)[s.plan] for name, s in subjects.items()}
                measure(stage, subjects, floors)


def main(*arguments: str) -> None:
    scale = QUICK if "--quick" in arguments else FULL
    with servers.short_directory() as directory, servers.valkey_server(directory / "valkey") as url:
        run(scale, url, directory, first="--first" in arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
