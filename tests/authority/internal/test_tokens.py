"""Service tokens: pairs of a token and a service."""

from __future__ import annotations

import pytest

import servers
from authority.internal.provisioning import Api
from tollway.authority.internal.tokens import NO_LIST


def test_tokens_are_registered_asked_for_and_deleted(api: Api) -> None:
    one, two = api.service(), api.service(provider_key="pk-two")
    given = {"tok/a": {"service_id": one}, "tok b": {"service_id": two}}
    assert api("POST /service_tokens/", {"service_tokens": given}, 201) == {"status": "created"}
    api(f"HEAD /service_tokens/tok%2Fa/{one}/")
    api(f"HEAD /service_tokens/tok%2Fa/{two}/", status=404)
    answer = api(f"GET /service_tokens/tok%20b/{two}/provider_key")
    assert answer == {"status": "found", "provider_key": "pk-two"}
    missing = api(f"GET /service_tokens/tok%20b/{one}/provider_key", status=404)
    assert missing == {"status": "not_found", "error": "service token not found"}
    pairs = [
        {"service_token": "tok/a", "service_id": one},
        {"service_token": "tok/a", "service_id": one},
        {"service_token": "tok b", "service_id": one},
        {"service_token": "nobody's", "service_id": two},
    ]
    gone = api("DELETE /service_tokens/", {"service_tokens": pairs})
    assert gone == {"status": "deleted", "count": 1}
    api(f"HEAD /service_tokens/tok%2Fa/{one}/", status=404)


def test_a_token_opens_its_service_and_no_longer_when_it_is_deleted(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    assert api.authrep(service, app_id="app").status_code == 200
    pair = {"service_token": f"token-{service}", "service_id": service}
    api("DELETE /service_tokens/", {"service_tokens": [pair]})
    servers.wait_until(
        lambda: api.authrep(service, app_id="app").status_code == 403, "the token is refused"
    )


@pytest.mark.parametrize(
    ("method", "body", "status", "error"),
    [
        ("POST", {}, 400, "service_tokens: must be an object"),
        ("POST", {"service_tokens": {}}, 400, "service_tokens: is missing"),
        ("POST", {"service_tokens": {"t": 1}}, 400, "t: must be an object"),
        ("POST", {"service_tokens": {"t": {}}}, 422, "service_id: is missing"),
        ("POST", {"service_tokens": {"t": {"service_id": ""}}}, 422, "service_id: is missing"),
        ("POST", {"service_tokens": {" ": {"service_id": "1"}}}, 422, "service_token: is missing"),
        ("POST", {"service_tokens": {"t": {"service_id": "none"}}}, 404, "service not found"),
        ("DELETE", {}, 400, NO_LIST),
        ("DELETE", {"service_tokens": ["t"]}, 400, NO_LIST),
        ("DELETE", {"service_tokens": [{"service_id": "1"}]}, 422, "service_token: is missing"),
        ("DELETE", {"service_tokens": [{"service_token": "t"}]}, 422, "service_id: is missing"),
    ],
)
def test_pairs_that_are_no_pairs_are_refused(
    api: Api, method: str, body: object, status: int, error: str
) -> None:
    assert api(f"{method} /service_tokens/", body, status)["error"] == error


def test_one_bad_pair_leaves_all_unregistered(api: Api) -> None:
    service = api.service()
    given = {"good": {"service_id": service}, "bad": {"service_id": "none"}}
    api("POST /service_tokens/", {"service_tokens": given}, 404)
    api(f"HEAD /service_tokens/good/{service}/", status=404)
