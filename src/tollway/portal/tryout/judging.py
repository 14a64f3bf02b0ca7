"""What an answer of the staging gateway means: whose answer it is, and whether the call passed.

A gateway's refusals are told by the texts that the product has for them, its own faults by ours
(``lua/tollway/answers.lua``); everything else is the API's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tollway.net import Answer

MATCHED = "x-3scale-matched-rules"
_AUTHORITY_AWAY = b"The gateway cannot check this call right now"
_NO_ADDRESS = b"The API behind the gateway has no known address"
# Before matching a call can only lack credentials or a rule; after it, be refused by the authority.
_BEFORE = ("auth_missing", "no_match", "limits_exceeded", "auth_failed")
_AFTER = ("limits_exceeded", "auth_failed")


class Outcome(StrEnum):
    # Not called, and why:
    NO_PATH = "no_path"
    NO_APPLICATION = "no_application"
    NO_TOKEN = "no_token"  # noqa: S105  (of OpenID Connect)
    NO_VERSION = "no_version"  # there is nothing on staging
    NOT_SERVED = "not_served"  # gateways have not taken the version over
    NO_GATEWAY = "no_gateway"
    # Refused by the gateway:
    AUTH_MISSING = "auth_missing"
    AUTH_FAILED = "auth_failed"
    NO_RULE = "no_match"
    LIMITED = "limits_exceeded"
    # The gateway's trouble with what is behind it:
    AUTHORITY_AWAY = "authority_away"
    NO_BACKEND = "no_backend"  # of several, none is below this path
    NO_ADDRESS = "no_address"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    # The API's:
    REDIRECTED = "redirected"
    ANSWERED = "answered"  # neither 2xx nor 3xx
    PASSED = "passed"


def judge(answer: Answer, document: Mapping[str, Any]) -> Outcome:
    """Say what came of a call, by the answer and the configuration that it was made on."""
    kinds = _AFTER if answer.header(MATCHED) else _BEFORE
    for kind in kinds:
        if _refuses(answer, document["proxy"], kind):
            return Outcome(kind)
    return _fault(answer) or _answer(answer.status)


def _refuses(answer: Answer, proxy: Mapping[str, Any], kind: str) -> bool:
    text: str = proxy[f"error_{kind}"]
    status: int = proxy[f"error_status_{kind}"]
    return (answer.status, answer.body) == (status, text.encode())


def _fault(answer: Answer) -> Outcome | None:
    found = {502: Outcome.UNREACHABLE, 504: Outcome.TIMEOUT}.get(answer.status)
    if answer.status == 503:
        found = {_AUTHORITY_AWAY: Outcome.AUTHORITY_AWAY, _NO_ADDRESS: Outcome.NO_ADDRESS}.get(
            answer.body
        )
    empty = not answer.body and answer.header("content-type") == "text/plain"
    return Outcome.NO_BACKEND if answer.status == 404 and empty else found


def _answer(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.PASSED
    return Outcome.REDIRECTED if 300 <= status < 400 else Outcome.ANSWERED
