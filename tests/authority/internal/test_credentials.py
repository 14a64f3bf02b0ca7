"""User keys, application keys, referrer filters."""

from __future__ import annotations

import base64
import re

import pytest

import servers
from authority.internal.provisioning import Api
from tollway.authority.internal.credentials import EACH_MAX


def test_a_user_key_leads_to_one_application_at_a_time(api: Api) -> None:
    service = api.service(backend_version="1")
    for id_ in ("one", "two"):
        api.application(service, id_, plan_name=id_)
    path = f"/services/{service}/applications"
    assert api(f"GET {path}/key/uk%2F1", status=404)["error"] == "application not found"
    for id_ in ("one", "two", "two"):
        api(f"PUT {path}/{id_}/key/uk%2F1")
        assert api(f"GET {path}/key/uk%2F1") == {"status": "found", "application": {"id": id_}}
        assert f"<plan>{id_}</plan>" in api.authrep(service, user_key="uk/1").text
    api(f"PUT {path}/two/key/uk2")
    assert api(f"DELETE {path}/key/uk%2F1") == {"status": "deleted"}
    assert api.authrep(service, user_key="uk/1").status_code == 403
    assert api.authrep(service, user_key="uk2").status_code == 200
    api(f"DELETE {path}/key/uk%2F1", status=404)
    api(f"PUT {path}/none/key/uk2", status=404)
    api(f"PUT {path}/one/key/{'k' * 256}", status=400)


def test_application_keys_are_made_listed_and_deleted(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    path = f"/services/{service}/applications/app/keys/"
    assert api(f"GET {path}") == {"status": "found", "application_keys": []}
    made = api(f"POST {path}", None, 201)["application_key"]
    assert re.fullmatch("[0-9a-f]{32}", made["value"])
    given = api(f"POST {path}", {"application_key": {"value": "a/b ü"}}, 201)
    expected = {"service_id": service, "app_id": "app", "value": "a/b ü"}
    assert given == {"status": "created", "application_key": expected}
    api(f"POST {path}", {"application_key": {"value": "a/b ü"}}, 201)
    assert api(f"GET {path}")["application_keys"] == [made, expected]
    assert api.authrep(service, app_id="app", app_key="a/b ü").status_code == 200
    assert api.authrep(service, app_id="app", app_key="wrong").status_code == 409
    assert api(f"DELETE {path}a%2Fb%20%C3%BC") == {"status": "deleted"}
    assert api.authrep(service, app_id="app", app_key="a/b ü").status_code == 409
    assert api(f"DELETE {path}a%2Fb", status=404)["error"] == "application key not found"


@pytest.mark.parametrize("body", [{"application_key": {}}, {"application_key": {"value": " "}}])
def test_a_key_without_a_value_is_drawn(api: Api, body: object) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    path = f"POST /services/{service}/applications/app/keys/"
    first, second = (api(path, body, 201)["application_key"]["value"] for _ in "12")
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_referrer_filters_are_added_and_deleted(api: Api) -> None:
    service = api.service(backend_version="2", referrer_filters_required=True)
    api.application(service)
    path = f"/services/{service}/applications/app/referrer_filters"
    for value in ("http://*.example.com/?>>>???", "*.org"):
        answer = api(f"POST {path}", {"referrer_filter": value}, 201)
        assert answer == {"status": "created", "referrer_filter": value}
    longest = "\U0001f600" * 255
    api(f"POST {path}", {"referrer_filter": longest}, 201)
    api(f"DELETE {path}/{base64.urlsafe_b64encode(longest.encode()).decode()}")
    assert len(api(f"GET {path}")["referrer_filters"]) == 2
    assert api.authrep(service, app_id="app", referrer="a.org").status_code == 200
    assert api.authrep(service, app_id="app", referrer="a.net").status_code == 409
    encoded = base64.urlsafe_b64encode(b"http://*.example.com/?>>>???").decode()
    assert "_" in encoded or "-" in encoded
    api(f"DELETE {path}/{encoded.rstrip('=')}")
    assert api(f"GET {path}")["referrer_filters"] == ["*.org"]
    padded = base64.urlsafe_b64encode(b"*.org").decode()
    api(f"DELETE {path}/{padded}")
    assert api(f"DELETE {path}/{padded}", status=404)["error"] == "referrer filter not found"
    assert api(f"DELETE {path}/!!", status=400)["error"] == "the referrer filter must be base64url"
    refused = api(f"POST {path}", {"referrer_filter": ""}, 400)
    assert refused["error"] == "referrer_filter: is missing"


def test_an_application_has_a_bounded_number_of_each(api: Api) -> None:
    service = api.service()
    many = [f"*.{n}.example" for n in range(EACH_MAX + 1)]
    items = [{"id": "app", "state": "active", "referrer_filters": many}]
    answer = api(f"PUT /services/{service}/applications/batch", {"applications": items})
    assert "at most" in answer["applications"][0]["error"]


def test_no_credential_lies_in_the_store_in_the_clear(api: Api) -> None:
    service = api.service(provider_key="clear-provider", backend_version="1")
    api.application(service)
    path = f"/services/{service}/applications/app"
    api(f"PUT {path}/key/clear-user")
    api(f"POST {path}/keys/", {"application_key": {"value": "clear-application"}}, 201)
    tokens = {"clear-token": {"service_id": service}}
    api("POST /service_tokens/", {"service_tokens": tokens}, 201)
    api("PUT /services/change_provider_key/clear-provider", {"new_key": "clear-changed"})
    client = servers.client_of(api.url)
    dumped = repr([client.dump(key) for key in client.keys()])  # noqa: SIM118  (no dict)
    named = repr(client.keys())
    assert "clear-" not in dumped + named + api.authority.log.read_text()
