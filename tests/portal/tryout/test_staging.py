"""Where credentials go, which upstream answers, and waiting for a version."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from portal.tryout.gateways import Said, speaking
from tollway.core.configurations import fingerprint
from tollway.net import Guard
from tollway.portal.tryout.staging import Caller, Journey, is_served, request_of, upstream_of

APP = {"app_id": "i d", "app_key": "k&y"}


def document(**proxy: Any) -> dict[str, Any]:
    return {
        "backend_authentication_value": "token",
        "proxy": {
            "credentials_location": "query",
            "api_backend": None,
            "policy_chain": [],
            **proxy,
        },
    }


def journey(place: str = "query", path: str = "/a", **caller: Any) -> Journey:
    return Journey(
        endpoint="http://gw",
        path=path,
        document=document(credentials_location=place),
        caller=Caller("App", **caller),
        names_address=True,
        guard=Guard(localhost=True),
    )


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    ("made", "url", "headers"),
    [
        (journey(credentials={"user_key": "k"}), "http://gw/a?user_key=k", {}),
        (
            journey(path="/a?x=1#part", credentials={"user_key": "k"}),
            "http://gw/a?x=1&user_key=k",
            {},
        ),
        (journey(credentials=APP), "http://gw/a?app_id=i+d&app_key=k%26y", {}),
        (journey("headers", credentials=APP), "http://gw/a", APP),
        (journey("authorization", credentials=APP), "http://gw/a", basic("i d:k&y")),
        (journey("authorization", credentials={"user_key": "k"}), "http://gw/a", basic("k:")),
        (journey(token="t"), "http://gw/a", {"Authorization": "Bearer t"}),
    ],
)
def test_credentials_go_where_the_product_wants_them(
    made: Journey, url: str, headers: dict[str, str]
) -> None:
    assert request_of(made) == (url, {"X-3scale-Debug": "token", **headers})


def test_the_upstream_of_a_path_is_the_only_backend_or_the_first_that_fits() -> None:
    def route(value: str, url: str) -> dict[str, Any]:
        return {"url": url, "condition": {"operations": [{"value": value}]}}

    rules = [route("^(/stock/.*|/stock/?)", "http://stock:80"), route("^(/.*)", "http://rest:80")]
    chain = [{"name": "routing", "configuration": {"rules": rules}}]
    assert upstream_of(document(api_backend="http://only:80"), "/x") == "http://only:80"
    routed = document(policy_chain=chain)
    assert upstream_of(routed, "/stock/7?a=/b") == "http://stock:80"
    assert upstream_of(routed, "/stocks") == "http://rest:80"
    assert upstream_of(document(), "/x") == ""


def test_a_version_is_waited_for_by_calls_that_show_no_credentials() -> None:
    wanted = document()
    answers = itertools.chain(["old", "old"], itertools.repeat(fingerprint(wanted)))

    def speak(_target: str, _headers: Mapping[str, str]) -> Said:
        return Said(403, {"X-Tollway-Configuration": next(answers)})

    with speaking(speak) as server:
        made = journey(credentials={"user_key": "k"})
        made = Journey(server.url, "/a", wanted, made.caller, False, made.guard)
        assert asyncio.run(is_served(made, patience_s=10))
        assert len(server.heard) == 3
        assert {target for target, _ in server.heard} == {"/"}
        assert {headers["x-3scale-debug"] for _, headers in server.heard} == {"token"}


def test_a_version_that_does_not_come_is_not_waited_for_longer_than_that() -> None:
    with speaking(lambda *_: Said(403, {"X-Tollway-Configuration": "old"})) as server:
        made = journey()
        made = Journey(server.url, "/a", document(), made.caller, False, made.guard)
        assert not asyncio.run(is_served(made, patience_s=0.2))
