"""Answers -> statuses, headers and bytes, exactly as 3scale's clients compare them.

Bodies are joined from fragments prepared when a product's snapshot arrives. Everything that a
client or a provider chose is escaped, also where 3scale does not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tollway.authority.answers import (
    LIMITS_EXCEEDED,
    Accepted,
    AppKeys,
    OAuthApplication,
    Rejected,
    Status,
)
from tollway.authority.request import Options
from tollway.authority.texts import attribute, escaped, plan_text
from tollway.core.limits import Headroom
from tollway.store.notes import RefusingLimit

Header = tuple[str, str]

XML = ("content-type", "application/vnd.3scale-v2.0+xml")
CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "ETag, Link, 3scale-rejection-reason"),
)
NOSNIFF = ("x-content-type-options", "nosniff")
CSP = ("content-security-policy", "default-src 'self'")
_PLAIN = (XML, *CORS, NOSNIFF, CSP)
_FAULT = (XML, *CORS, NOSNIFF)
APP_KEYS_MAX = 256
REFUSAL = "x-tollway-refusal"
REFUSING_MAX = 8  # a header holds no more than that

# Answers that keep their document even with no_body.
_ALWAYS_SAID = {"bad_request", "not_valid_data"}

_PROLOGUE = b'<?xml version="1.0" encoding="UTF-8"?>'


class Reply(Struct, frozen=True):
    status: int
    headers: Sequence[Header]
    body: bytes = b""


def status(answer: Status, options: Options) -> Reply:
    """Render a decision: 200, or 409 when it is denied; the same document for both."""
    headers: list[Header] = [*_PLAIN]
    if answer.denied and options.rejection_reason_header:
        headers.append(("3scale-rejection-reason", answer.denied.code))
    if answer.headroom and answer.denied in {None, LIMITS_EXCEEDED}:
        headers += _limit_headers(answer.headroom)
    if answer.denied and options.explain:
        headers.append(_explained(answer.denied.code, answer.caller, answer.refusing))
    body = b"" if options.no_body else _document(answer, options)
    return Reply(409 if answer.denied else 200, headers, body)


def rejected(answer: Rejected, options: Options | None = None) -> Reply:
    """Render a fault. Without ``options`` the request was not understood that far."""
    headers = (*_FAULT, ("retry-after", "1")) if answer.status == 503 else _FAULT
    if not answer.code:
        return Reply(answer.status, _PLAIN)
    if options and options.explain:
        headers = (*headers, _explained(answer.code))
    if options and options.no_body and answer.code not in _ALWAYS_SAID:
        return Reply(answer.status, headers)
    document = f'<error code="{answer.code}">{escaped(answer.message)}</error>'
    return Reply(answer.status, headers, _PROLOGUE + document.encode())


def _explained(code: str, caller: str = "", refusing: Sequence[RefusingLimit] = ()) -> Header:
    """Tell a gateway why, in ASCII, for whoever looks the refusal up (docs/explain.md)."""
    limits = [msgspec.to_builtins(limit) for limit in refusing[:REFUSING_MAX]]
    told = {"reason": code, "application": caller, "limits": limits}
    return REFUSAL, json.dumps(told, separators=(",", ":"))


def accepted(answer: Accepted, options: Options) -> Reply:
    """Render the answer to a report. A batch that does not count says why, to who wants to know."""
    if answer.uncounted and options.rejection_reason_header:
        return Reply(202, (*_PLAIN, ("3scale-rejection-reason", answer.uncounted.code)))
    return Reply(202, _PLAIN)


def _limit_headers(headroom: Headroom) -> list[Header]:
    headers = [
        ("3scale-limit-remaining", str(headroom.calls)),
        ("3scale-limit-reset", str(headroom.reset_s)),
    ]
    if headroom.maximum is not None:
        headers.append(("3scale-limit-max-value", str(headroom.maximum)))
    return headers


def _document(answer: Status, options: Options) -> bytes:
    parts = [_PROLOGUE, b"<status><authorized>"]
    if answer.denied:
        parts.append(f"false</authorized><reason>{escaped(answer.denied.reason)}</reason>".encode())
    else:
        parts.append(b"true</authorized>")
    if answer.application:
        parts.append(_application(answer.application))
    parts.append(plan_text(answer.plan))
    if answer.text and answer.reports:
        parts += (b"<usage_reports>", answer.text.reports(answer.reports), b"</usage_reports>")
    if answer.app_keys:
        parts.append(_app_keys(answer.app_keys))
    if options.hierarchy:
        below = answer.text.hierarchy if answer.text else b""
        parts += (b"<hierarchy>", below, b"</hierarchy>")
    parts.append(b"</status>")
    return b"".join(parts)


def _application(application: OAuthApplication) -> bytes:
    redirect = application.redirect_name
    return (
        f"<application><id>{escaped(application.id)}</id><key>{escaped(application.key)}</key>"
        f"<{redirect}>{escaped(application.redirect_url)}</{redirect}></application>"
    ).encode()


def _app_keys(keys: AppKeys) -> bytes:
    inner = "".join(f'<key id="{attribute(key)}"/>' for key in keys.keys[:APP_KEYS_MAX])
    application, service = attribute(keys.application_id), attribute(keys.service_id)
    return f'<app_keys app="{application}" svc="{service}">{inner}</app_keys>'.encode()
