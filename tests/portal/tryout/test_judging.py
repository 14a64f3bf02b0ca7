"""Whose answer it is: a table of answers."""

from __future__ import annotations

from typing import Any

import pytest

from tollway.net import Answer
from tollway.portal.tryout.judging import MATCHED, Outcome, judge

TEXTS = {
    "auth_missing": (403, "Authentication parameters missing"),
    "auth_failed": (403, "Authentication failed"),
    "no_match": (404, "No Mapping Rule matched"),
    "limits_exceeded": (429, "Usage limit exceeded"),
}
AWAY = b"The gateway cannot check this call right now"
NOWHERE = b"The API behind the gateway has no known address"


def document(**texts: tuple[int, str]) -> dict[str, Any]:
    proxy: dict[str, Any] = {}
    for kind, (status, text) in {**TEXTS, **texts}.items():
        proxy |= {f"error_status_{kind}": status, f"error_{kind}": text}
    return {"proxy": proxy}


def answer(status: int, body: bytes = b"", kind: str = "text/html", *, matched: bool) -> Answer:
    headers = [("content-type", kind), *([(MATCHED, "/")] if matched else [])]
    return Answer(status, "", tuple(headers), body, more=False, took_ms=1)


CASES = [
    (200, b"fine", True, Outcome.PASSED),
    (204, b"", True, Outcome.PASSED),
    (200, b"fine", False, Outcome.PASSED),  # a gateway of another make
    (301, b"", True, Outcome.REDIRECTED),
    (403, b"Authentication parameters missing", False, Outcome.AUTH_MISSING),
    (403, b"Authentication failed", False, Outcome.AUTH_FAILED),
    (403, b"Authentication failed", True, Outcome.AUTH_FAILED),
    (404, b"No Mapping Rule matched", False, Outcome.NO_RULE),
    (404, b"No Mapping Rule matched", True, Outcome.ANSWERED),  # the API says the same
    (403, b"Authentication parameters missing", True, Outcome.ANSWERED),
    (429, b"Usage limit exceeded", True, Outcome.LIMITED),
    (429, b"Too many", True, Outcome.ANSWERED),
    (403, b"Forbidden", True, Outcome.ANSWERED),
    (404, b"not here", True, Outcome.ANSWERED),
    (500, b"", True, Outcome.ANSWERED),
    (503, AWAY, True, Outcome.AUTHORITY_AWAY),
    (503, NOWHERE, True, Outcome.NO_ADDRESS),
    (503, b"maintenance", True, Outcome.ANSWERED),
    (502, b"<html>", True, Outcome.UNREACHABLE),
    (504, b"<html>", True, Outcome.TIMEOUT),
]


@pytest.mark.parametrize(("status", "body", "matched", "outcome"), CASES)
def test_answers(status: int, body: bytes, *, matched: bool, outcome: Outcome) -> None:
    assert judge(answer(status, body, matched=matched), document()) is outcome


def test_an_empty_404_in_plain_text_is_the_gateways_own() -> None:
    assert judge(answer(404, kind="text/plain", matched=True), document()) is Outcome.NO_BACKEND


def test_a_product_that_refuses_with_200_does_not_look_green() -> None:
    told = document(auth_failed=(200, "no"), limits_exceeded=(200, "later"))
    assert judge(answer(200, b"no", matched=True), told) is Outcome.AUTH_FAILED
    assert judge(answer(200, b"later", matched=True), told) is Outcome.LIMITED
