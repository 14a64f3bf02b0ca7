"""The caller's own access tokens, through the API."""

from __future__ import annotations

import json

import msgspec
import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import access_tokens

pytestmark = pytest.mark.django_db

TOKENS = "/personal/access_tokens"


def test_a_token_is_told_once_works_and_can_be_revoked(api: Api, acme: Provider) -> None:
    body = {"name": "ci", "permission": "ro", "scopes": ["account_management"]}
    made = api.json("POST", TOKENS, **body)["access_token"]
    assert (made["name"], made["permission"], made["scopes"]) == tuple(body.values())
    theirs = msgspec.structs.replace(api, token=made["value"])
    assert theirs.call("GET", "/services.json").status_code == 200
    assert theirs.call("POST", "/services.json", {"name": "X"}).status_code == 403
    shown = api.json("GET", f"{TOKENS}/{made['id']}")["access_token"]
    assert "value" not in shown
    listed = api.json("GET", TOKENS)["access_tokens"]
    assert made["value"] not in json.dumps(listed)
    named = json.loads(api.call("GET", f"{TOKENS}.json?name=ci").content)["access_tokens"]
    assert [token["access_token"]["id"] for token in named] == [made["id"]]
    api.json("DELETE", f"{TOKENS}/{made['id']}")
    assert theirs.call("GET", "/services.json").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("scopes", ["everything"]), ("scopes", []), ("permission", "rwx"), ("name", ""),
     ("expires_at", "tomorrow")],
)  # fmt: skip
def test_what_a_token_cannot_be_is_named(api: Api, field: str, value: object) -> None:
    body = {"name": "ci", "permission": "ro", "scopes": ["cms"], field: value}
    response = api.call("POST", f"{TOKENS}.json", body)
    assert (response.status_code, list(errors_of(response))) == (422, [field])


def test_a_provider_key_has_nothing_personal(api: Api, acme: Provider) -> None:
    url = f"/admin/api{TOKENS}.json?provider_key={acme.tenant.provider_key}"
    assert api.send("GET", url, b"", "").status_code == 404


def test_a_token_cannot_be_changed() -> None:
    of_tokens = [row for row in access_tokens.OPERATIONS if "personal/access_tokens" in row.path]
    assert {row.method for row in of_tokens} == {"GET", "POST", "DELETE"}
