"""``vectors/authrep-xml``: what is asked, of which state, and the bytes of the answer.

Its README.md says how a case is written. A test's id is the file, then the case's name, which
begins with the section of the Service Management API that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from authority.published import ask
from conftest import ROOT, vectors
from tollway.authority.routes import Routes
from tollway.authority.wire import Reply

SHARED = vectors("authrep-xml/state")
AT: int = SHARED["at"]
STATE: Mapping[str, Any] = SHARED["state"]

PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'
HEADERS = {
    "content-type": "application/vnd.3scale-v2.0+xml",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Link, 3scale-rejection-reason",
    "x-content-type-options": "nosniff",
}
POLICY = {"content-security-policy": "default-src 'self'"}

Case = dict[str, Any]
Answer = tuple[int, str, dict[str, str]]


def _read() -> list[tuple[str, Case]]:
    files = sorted((ROOT / "vectors" / "authrep-xml").glob("*.json"))
    return [
        (file.stem, case)
        for file in files
        if file.stem != "state"
        for case in vectors(f"authrep-xml/{file.stem}")
    ]


CASES = [pytest.param(case, id=f"{theme}: {case['name']}") for theme, case in _read()]


def headers_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that a case sends."""
    sent = {"3scale-options": given.get("options", ""), **given.get("send", {})}
    if "content_type" in given:
        sent["content-type"] = given["content_type"]
    return sent


async def send(routes: Routes, given: Mapping[str, Any] | str) -> Reply:
    if isinstance(given, str):
        return await ask(routes, given)
    named = {name.replace("-", "_"): value for name, value in headers_of(given).items()}
    return await ask(routes, given["ask"], given.get("form", ""), **named)


def expected(case: Case) -> Answer:
    """Return status, body and headers. All but error documents come with a policy."""
    code, message = case.get("error", ("", ""))
    body = f'<error code="{code}">{message}</error>' if code else case.get("body", "")
    headers = {**HEADERS, **({} if code else POLICY), **case.get("headers", {})}
    whole = PROLOGUE + body if body.startswith("<") else body
    return case["status"], "" if case.get("silent") else whole, headers
