"""What a running installation says of itself: one object for scripts, one table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from tollway import clock
from tollway.cli.child import Check
from tollway.cli.datadir import DataDir, State
from tollway.cli.memory import usages
from tollway.cli.reading import conditions
from tollway.config import Settings

SAMPLE_ORGANISATION = "demo"
SAMPLE_PATH = "/v1/fast/track"
MEBIBYTE = 1024 * 1024
LATE_S = 2  # a reader that is so far behind is worth a line


class SignIn(Struct, frozen=True):
    username: str = ""
    password: str = ""  # "" once it has been changed


class Sample(Struct, frozen=True):
    """What `setup` has written down of the sample tenant; empty where that was deleted since."""

    staging: str = ""
    production: str = ""
    admin: SignIn = SignIn()
    master_admin: SignIn = SignIn()
    access_token: str = ""
    master_token: str = ""
    service_id: int = 0
    service_token: str = ""
    user_key: str = ""

    @property
    def call(self) -> str:
        """The URL of a call that works; "" if there is none any more."""
        return f"{self.staging}{SAMPLE_PATH}?user_key={self.user_key}" if self.user_key else ""


def sample(data: DataDir) -> Sample:
    """Read what `setup` has written, if it has."""
    if not data.credentials.exists():
        return Sample()
    return msgspec.json.decode(data.credentials.read_bytes(), type=Sample)


def status(data: DataDir, state: State, settings: Settings) -> dict[str, Any]:
    """Return the object that `tollway status --json` prints; ``docs/operating.md`` describes it."""
    ports, domain = settings.ports, settings.domain
    portal = f"{domain}:{ports.portal}"
    kept = sample(data)
    return {
        "admin_portal": f"http://{SAMPLE_ORGANISATION}-admin.{portal}",
        "developer_portal": f"http://{SAMPLE_ORGANISATION}.{portal}",
        "master": f"http://master.{portal}",
        "authority": f"http://{domain}:{ports.authority}",
        "internal_api": internal_api(settings),
        "echo": f"http://echo.{domain}:{ports.echo}",
        "metrics": {
            "gateway": f"http://{domain}:{ports.metrics}/metrics",
            "worker": f"http://{domain}:{ports.worker}/metrics",
        },
        **msgspec.to_builtins(kept),
        "curl": f'curl "{kept.call}"' if kept.call else "",
        "readers": [asdict(each) for each in conditions(data, at=clock.now())],
        "processes": [asdict(usage) for usage in usages(state.processes)],
        "ready_seconds": state.ready_seconds,
    }


def internal_api(settings: Settings) -> dict[str, str]:
    """Return where the internal API is, and who may ask it; {} if there is none."""
    if not settings.internal_password:
        return {}
    return {
        "url": f"http://{settings.domain}:{settings.ports.authority}/internal",
        "user": settings.internal_user,
        "password": settings.internal_password,
    }


def asked(state: State, checks: Mapping[str, Check]) -> State:
    """Ask those that are said to be well: one may hang by now, or lack what it needs."""
    known = {ailment.split()[0] for ailment in state.ailments}
    living = [each.name for each in state.processes if each.name not in known]
    found = ((name, checks[name]()) for name in living if name in checks)
    ill = tuple(f"{name} {ailment}" for name, ailment in found if ailment)
    return replace(state, ailments=state.ailments + ill)


def table(status: Mapping[str, Any], state: State, data: DataDir) -> str:
    """Return the closing table of `up`: where everything is, who signs in, a call that works."""
    rows = [
        ("admin portal", status["admin_portal"], _sign_in(status["admin"])),
        ("developer portal", status["developer_portal"], ""),
        ("master", status["master"], _sign_in(status["master_admin"])),
        ("authority", status["authority"], ""),
        ("echo", status["echo"], ""),
        ("staging", status["staging"], ""),
        ("production", status["production"], ""),
    ]
    width = max(len(url) for _, url, _ in rows)
    places = [f"  {name:<18}{url:<{width}}  {sign_in}".rstrip() for name, url, sign_in in rows]
    memory = sum(process["memory_bytes"] for process in status["processes"]) // MEBIBYTE
    ready = status["ready_seconds"]
    facts = [
        f"first call answered after {ready:.1f} s" if ready is not None else "starting",
        f"{memory} MB in {len(status['processes'])} processes",
        f"data in {data.path}",
    ]
    ill = [f"  {ailment}; see `tollway logs {ailment.split()[0]}`" for ailment in state.ailments]
    late = [_behind(reader) for reader in status["readers"] if _is_late(reader)]
    return "\n".join(["", *places, "", "  " + " · ".join(facts), *ill, *late, "", status["curl"]])


def _is_late(reader: Mapping[str, Any]) -> bool:
    return bool(reader["failing"]) or reader["lag_seconds"] > LATE_S


def _behind(reader: Mapping[str, Any]) -> str:
    line = "  {name} is {lag_seconds} s and {lag_entries} entries behind".format_map(reader)
    return f"{line}: {reader['failing']}; see `tollway logs worker`" if reader["failing"] else line


def _sign_in(person: Mapping[str, str]) -> str:
    """Show who signs in; the password until it is changed."""
    if not person["username"]:
        return ""
    return f"{person['username']} / {person['password'] or '(changed)'}"
