"""The report of a test call: what was asked, what came back, what was counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, quote_plus

import msgspec
from msgspec import Struct

from tollway.net import Answer
from tollway.portal.tryout.judging import MATCHED, Outcome

BODY_BYTES_MAX = 4096
HIDDEN = "•••"
# What helps to understand an answer; the gateway's debug headers hold credentials.
_SHOWN = (
    "content-type", "content-length", "content-encoding", "location", "retry-after",
    "www-authenticate", "cache-control", "server",
)  # fmt: skip
_USAGE = re.compile(r"usage\[(.+)\]")
_TEXT = re.compile(r"text/|json|xml|javascript|x-www-form-urlencoded", re.IGNORECASE)


class Report(Struct, frozen=True):
    """Everything but ``outcome`` and ``application`` is empty if nothing was called.

    ``detail`` is a sentence about what stands in the way. ``usage`` is what the rules made of the
    call, by metric. Not ``certain``: the gateway does not say which version it serves.
    """

    outcome: Outcome
    application: str = ""
    path: str = ""
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    more: bool = False
    took_ms: int = 0
    rules: tuple[str, ...] = ()
    usage: Mapping[str, int] = {}
    detail: str = ""
    certain: bool = True

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


def encode(report: Report) -> str:
    return msgspec.json.encode(report).decode()


def decode(text: str) -> Report:
    return msgspec.json.decode(text, type=Report)


def report_of(answer: Answer, outcome: Outcome, secrets: Iterable[str]) -> Report:
    """Write down an answer, with ``secrets`` made unreadable in it, however an API writes them."""
    known = sorted({form for secret in secrets if secret for form in _written(secret)}, key=len)

    def hide(text: str) -> str:
        for secret in reversed(known):
            text = text.replace(secret, HIDDEN)
        return text

    return Report(
        outcome=outcome,
        status=answer.status,
        reason=answer.reason,
        headers=tuple((n, hide(answer.header(n))) for n in _SHOWN if answer.header(n)),
        body=hide(_readable(answer)),
        more=answer.more,
        took_ms=answer.took_ms,
        rules=tuple(filter(None, answer.header(MATCHED).split(", "))),
        usage=_usage(answer.header("x-3scale-usage")),
    )


def _written(secret: str) -> tuple[str, ...]:
    """Return a secret as it is, and as it stands in JSON, in an address and in a form."""
    in_json = msgspec.json.encode(secret).decode()[1:-1]
    return secret, in_json, quote(secret, safe=""), quote_plus(secret)


def _readable(answer: Answer) -> str:
    kind, packed = answer.header("content-type"), answer.header("content-encoding")
    if packed and packed.lower() != "identity":
        return f"(compressed with {packed}, not shown)"
    if not _TEXT.search(kind or "text/"):
        return f"({len(answer.body)} bytes of {kind}, not shown)" if answer.body else ""
    text = answer.body.decode(errors="replace").replace("\0", "")
    return text if answer.more or "json" not in kind.lower() else _indented(text)


def _indented(text: str) -> str:
    try:
        msgspec.json.decode(text)
        return msgspec.json.format(text, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return text


def _usage(header: str) -> dict[str, int]:
    """Read `usage%5Bhits%5D=1&…`; what does not read so is left out."""
    found = ((_USAGE.fullmatch(name), value) for name, value in parse_qsl(header))
    return {name[1]: int(value) for name, value in found if name and value.isdecimal()}
