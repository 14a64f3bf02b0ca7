"""One journey through a gateway: wait until it serves the version, call, and ask why not.

A call without credentials counts nothing, and to one with the product's token a gateway of ours
tells which configuration it serves. So the test call is made once, and on what was deployed.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tollway.core.configurations import fingerprint
from tollway.net import Answer, Guard, NoAnswer
from tollway.portal.tryout.calling import ask
from tollway.portal.tryout.diagnosis import diagnose
from tollway.portal.tryout.judging import Outcome, judge
from tollway.portal.tryout.reports import BODY_BYTES_MAX, Report, report_of

SERVED_S = 8.0  # that gateways may take to take a version over
UNTOLD_S = 2.0  # that one which does not answer, or tells no configuration, is asked
CALL_S = 10.0
ASK_S = 3.0
AGAIN_S = 0.1
DEBUG = "X-3scale-Debug"
CONFIGURATION = "x-tollway-configuration"
QUICK_START_HOST = "//echo-api.3scale.net"

Document = Mapping[str, Any]


class Caller(Struct, frozen=True):
    """An application and what it shows, by the names and in the order that the product wants.

    With OpenID Connect it shows a ``token`` instead, and only that says whose call it is.
    """

    application: str
    credentials: Mapping[str, str] = {}
    token: str = ""


class Journey(Struct, frozen=True):
    """``names_address``: the tenant has named the gateway's address, so that it is guarded."""

    endpoint: str
    path: str
    document: Document
    caller: Caller
    names_address: bool
    guard: Guard
    echo_alias: str = ""

    @property
    def debug(self) -> str:
        token: str = self.document["backend_authentication_value"]
        return token

    @property
    def gateway_guard(self) -> Guard | None:
        return self.guard if self.names_address else None


async def travel(journey: Journey) -> Report:
    """Make the journey, and report. What the tenant's secrets are is made unreadable."""
    waited = await _wait(journey)
    if isinstance(waited, Report):
        return waited
    url, headers = request_of(journey)
    answer = await ask(
        url, headers, journey.gateway_guard, timeout_s=CALL_S, bytes_max=BODY_BYTES_MAX
    )
    if isinstance(answer, NoAnswer):
        # The gateway has just answered, and waits longer for the API than is waited here.
        report = Report(Outcome.TIMEOUT if answer.late else Outcome.NO_GATEWAY, detail=answer.why)
    else:
        report = report_of(answer, judge(answer, journey.document), _secrets(journey))
    return await _explained(journey, msgspec.structs.replace(report, certain=waited))


def _secrets(journey: Journey) -> list[str]:
    caller = journey.caller
    secret_token = journey.document["proxy"]["secret_token"]
    shown = caller.credentials
    return [journey.debug, secret_token, caller.token, *shown.values(), _basic(shown)]


async def _wait(journey: Journey) -> bool | Report:
    """Wait for the version; return whether it is certain, or the report that it does not come."""
    expected = fingerprint(journey.document)
    answer = await wait_until_served(journey, expected, patience_s=SERVED_S)
    if isinstance(answer, NoAnswer):
        return Report(Outcome.NO_GATEWAY, detail=answer.why)
    told = answer.header(CONFIGURATION)
    if told != expected and not (journey.names_address and not told and answer.status != 404):
        return Report(Outcome.NOT_SERVED, status=answer.status, reason=answer.reason)
    return bool(told)


async def wait_until_served(
    journey: Journey, expected: str, *, patience_s: float
) -> Answer | NoAnswer:
    """Ask the gateway until it serves ``expected``, a fingerprint; return its last answer.

    One that does not answer is not waited for so long, nor one at an address of the tenant's that
    tells nothing: it may be another's make.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        answer = await ask(
            f"{journey.endpoint}/",
            {DEBUG: journey.debug},
            journey.gateway_guard,
            timeout_s=ASK_S,
            bytes_max=BODY_BYTES_MAX,
        )
        told = "" if isinstance(answer, NoAnswer) else answer.header(CONFIGURATION)
        silent = isinstance(answer, NoAnswer) or (journey.names_address and not told)
        limit_s = min(UNTOLD_S, patience_s) if silent else patience_s
        if told == expected or loop.time() - began >= limit_s:
            return answer
        await asyncio.sleep(AGAIN_S)


async def is_served(journey: Journey, *, patience_s: float) -> bool:
    """Say whether the gateway serves the journey's document, after waiting for it."""
    expected = fingerprint(journey.document)
    answer = await wait_until_served(journey, expected, patience_s=patience_s)
    return isinstance(answer, Answer) and answer.header(CONFIGURATION) == expected


def request_of(journey: Journey) -> tuple[str, dict[str, str]]:
    """Return the URL and the headers of the test call: credentials where the product wants them."""
    path = journey.path.partition("#")[0]
    url, headers = f"{journey.endpoint}{path}", {DEBUG: journey.debug}
    caller, place = journey.caller, journey.document["proxy"]["credentials_location"]
    if caller.token:
        return url, headers | {"Authorization": f"Bearer {caller.token}"}
    if place == "headers":
        return url, headers | dict(caller.credentials)
    if place == "authorization":
        return url, headers | {"Authorization": f"Basic {_basic(caller.credentials)}"}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(caller.credentials)}", headers


def _basic(credentials: Mapping[str, str]) -> str:
    """Return credentials as HTTP basic authentication has them, "" for none."""
    user, *key = credentials.values() or ("",)
    return base64.b64encode(":".join([user, *(key or [""])]).encode()).decode() if user else ""


async def _explained(journey: Journey, report: Report) -> Report:
    """Say why the API is not reached, as far as it can be seen from here."""
    if report.outcome not in {Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.NO_ADDRESS}:
        return report
    url = upstream_of(journey.document, journey.path)
    if not url or (journey.echo_alias and QUICK_START_HOST in url):
        return report
    seen = await diagnose(url, journey.guard)
    outcome = Outcome.TLS if seen.about_tls else report.outcome
    detail = " ".join(filter(None, (report.detail, seen.text)))
    return msgspec.structs.replace(report, outcome=outcome, detail=detail)


def upstream_of(document: Document, path: str) -> str:
    """Return the private base URL that answers a path; "" if there is none."""
    only: str | None = document["proxy"]["api_backend"]
    if only:
        return only
    for policy in document["proxy"]["policy_chain"]:
        for rule in policy["configuration"].get("rules", ()):
            if re.fullmatch(rule["condition"]["operations"][0]["value"], path.partition("?")[0]):
                return str(rule["url"])
    return ""
