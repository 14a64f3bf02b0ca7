"""Who may call: where a credential may stand, and what each may do."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from portal.api.calls import Api, api_of, token_for
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.api.credentials import Credential, offered
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

HOST = "acme-admin.localhost:3000"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NO_PERMISSION = "Your access token does not have the correct permissions"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def get(
    query: str = "", body: str = "", content_type: str = JSON, host: str = HOST, **headers: str
) -> Any:
    client = Client(headers={"host": host, **headers})
    url = f"/admin/api/services.json?{query}"
    return client.generic("GET", url, body, content_type=content_type)


@pytest.fixture(params=["access_token", "provider_key"])
def secret(request: pytest.FixtureRequest, acme: Provider) -> tuple[str, str]:
    """Each kind of credential, with the name of its parameter."""
    name: str = request.param
    return name, token_for(acme) if name == "access_token" else acme.tenant.provider_key


def places(name: str, value: str) -> Iterator[Any]:
    yield get(query=f"{name}={value}")
    yield get(body=f"{name}={value}", content_type=FORM)
    yield get(body=json.dumps({name: value}))
    yield get(authorization=basic(value, ""))
    yield get(authorization=basic("", value))
    yield get(authorization=basic("anybody", value))


def test_a_credential_may_stand_in_query_body_and_basic_authentication(
    secret: tuple[str, str],
) -> None:
    assert [response.status_code for response in places(*secret)] == [200] * 6


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic !"}, {"authorization": "Bearer x"}, {"authorization": "Basic"}],
)
def test_without_a_credential_nobody_is_let_in(acme: Provider, headers: dict[str, str]) -> None:
    response = get(**headers)
    assert (response.status_code, response.content) == (403, b'{"status":"Forbidden"}')


@pytest.mark.parametrize("query", ["access_token=x", "provider_key=x", "access_token[]=x", ""])
def test_an_unknown_credential_is_refused_without_repeating_it(acme: Provider, query: str) -> None:
    response = get(query)
    assert (response.status_code, response.content) == (403, b'{"status":"Forbidden"}')


def test_a_key_is_no_token_and_a_token_no_key(acme: Provider) -> None:
    assert get(f"access_token={acme.tenant.provider_key}").status_code == 403
    assert get(f"provider_key={token_for(acme)}").status_code == 403


def test_another_tenants_credentials_are_unknown_here(acme: Provider, globex: Provider) -> None:
    assert get(f"access_token={token_for(globex)}").status_code == 403
    assert get(f"provider_key={globex.tenant.provider_key}").status_code == 403


def test_an_expired_token_is_refused(acme: Provider) -> None:
    now = datetime.now(UTC)
    gone = token_for(acme, expires_at=now - timedelta(seconds=1))
    alive = token_for(acme, expires_at=now + timedelta(hours=1))
    assert get(f"access_token={gone}").status_code == 403
    assert get(f"access_token={alive}").status_code == 200


def test_a_suspended_users_token_is_refused(acme: Provider) -> None:
    token = token_for(acme)
    acme.admin.state = User.State.SUSPENDED
    acme.admin.save()
    assert get(f"access_token={token}").status_code == 403


def test_a_members_token_may_nothing_yet(acme: Provider) -> None:
    token = token_for(acme)
    acme.admin.role = User.Role.MEMBER
    acme.admin.save()
    response = get(f"access_token={token}")
    assert (response.status_code, response.content) == (403, b'{"status":"Forbidden"}')


@pytest.mark.parametrize("event", ["suspend", "schedule_for_deletion"])
def test_a_suspended_tenant_is_refused_with_an_empty_body(acme: Provider, event: str) -> None:
    token = token_for(acme)
    change_tenant_state(Tenant.objects.get(pk=acme.tenant.pk), event, by=BY)
    response = get(f"access_token={token}")
    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize("scope", ["cms", "finance", "policy_registry", "stats"])
def test_a_token_needs_the_scope_of_the_operation(acme: Provider, scope: str) -> None:
    response = api_of(acme, scopes=[scope]).call("GET", "/services.json")
    assert (response.status_code, json.loads(response.content)) == (403, {"error": NO_PERMISSION})


def test_one_scope_of_several_is_enough(acme: Provider) -> None:
    api = api_of(acme, scopes=["stats", "account_management"])
    assert api.call("GET", "/services.json").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/services"), ("PUT", "/services/{id}"), ("PATCH", "/services/{id}"),
     ("DELETE", "/services/{id}")],
)  # fmt: skip
def test_a_read_only_token_changes_nothing(acme: Provider, method: str, path: str) -> None:
    api = api_of(acme, permission="ro")
    path = path.format(id=acme.product.pk)
    assert api.call("GET", f"/services/{acme.product.pk}.json").status_code == 200
    response = api.call(method, f"{path}.json", {"name": "Changed"})
    assert (response.status_code, json.loads(response.content)) == (403, {"error": NO_PERMISSION})
    as_xml = api.call(method, f"{path}.xml", {"name": "Changed"})
    assert as_xml.content.decode().endswith(f"<error>{NO_PERMISSION}</error>")
    acme.product.refresh_from_db()
    assert acme.product.name == "API"


def test_changes_name_who_made_them(acme: Provider, api: Api) -> None:
    api.json("PUT", f"/services/{acme.product.pk}", name="By token")
    Client(headers={"host": HOST}).put(
        f"/admin/api/services/{acme.product.pk}.json",
        f"provider_key={acme.tenant.provider_key}&name=By+key",
        content_type=FORM,
    )
    by_token, by_key = acme.tenant.events.filter(kind="product.updated").order_by("id")
    assert (by_token.actor_kind, by_token.actor_id) == ("user", str(acme.admin.pk))
    assert (by_key.actor_kind, by_key.actor_id) == ("provider_key", str(acme.tenant.pk))
    assert by_token.request_id != by_key.request_id


@pytest.mark.parametrize(
    "host", ["acme.localhost:3000", "globex-admin.localhost:3000", "master.localhost:3000"]
)
def test_a_token_opens_its_own_host_only(acme: Provider, globex: Provider, host: str) -> None:
    """The developer portal has no such API; on another tenant's host the token is unknown."""
    expected = 404 if host.startswith("acme.") else 403
    assert get(f"access_token={token_for(acme)}", host=host).status_code == expected


def test_credentials_are_tried_in_a_fixed_order() -> None:
    fields: dict[str, Any] = {"access_token": "a", "provider_key": "b"}
    assert list(offered(fields, basic("c", "d"))) == [
        Credential("a", provider_key=False),
        Credential("b", token=False),
        Credential("c"),
        Credential("d"),
    ]
