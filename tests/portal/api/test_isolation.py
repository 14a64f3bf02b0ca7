"""Tenants cannot see or touch each other's anything: every row is asked with a stranger's token.

Acme owns the ids; Globex asks, on its own host and on Acme's, with a token and with a session. An
id of Acme's in any place of a path, among ids of Globex's own, is answered as if it did not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from django.test import Client

from portal.api.calls import PORT, Api, api_of
from portal.api.cases import case_of, undone
from portal.api.owned import Owned, owning
from portal.people import PASSWORD, Provider
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.routes import patterns

pytestmark = pytest.mark.django_db

MASTER = f"master.localhost:{PORT}"
NOT_FOUND, FORBIDDEN = (404, b'{"status":"Not found"}'), (403, b'{"status":"Forbidden"}')
UNAUTHORIZED = (401, b"unauthorized")
WITH_IDS = [row for row in OPERATIONS if owning(row)]


def mixtures(row: Operation, acme: Owned, globex: Owned) -> Iterator[str]:
    """Fill the path with Acme's ids in one or more places, and Globex's in the others."""
    variables = owning(row)
    for count in range(1, len(variables) + 1):
        for foreign in combinations(variables, count):
            yield globex.path(row, **{name: acme.id(row.path, name) for name in foreign})


def ask(api: Api, row: Operation, path: str, body: object) -> tuple[int, bytes]:
    url = f"{path}.json?access_token={api.token}"
    response = api.send(row.method, url, json.dumps(body), "application/json")
    return response.status_code, response.content


@pytest.fixture
def theirs(globex: Provider) -> Api:
    return api_of(globex)


def test_a_strangers_id_does_not_exist(acme: Provider, globex: Provider, theirs: Api) -> None:
    others, own = Owned(acme), Owned(globex)
    wrong = []
    for row in WITH_IDS:
        for path in mixtures(row, others, own):
            with undone():
                answer = ask(theirs, row, path, case_of(row.title).body(own))
            if answer != NOT_FOUND:
                wrong.append(f"{row.method} {path}: {answer}")
    assert not wrong


def test_a_strangers_token_is_unknown(acme: Provider, theirs: Api) -> None:
    """On Acme's host, and on the operator's."""
    owned = Owned(acme)
    wrong = []
    for row in OPERATIONS:
        api = Api(MASTER if row.master else api_of(acme).host, theirs.token)
        with undone():
            answer = ask(api, row, owned.path(row), case_of(row.title).body(owned))
        if answer != (UNAUTHORIZED if row.master else FORBIDDEN):
            wrong.append(f"{row.title}: {answer}")
    assert not wrong


def test_a_session_opens_nothing(acme: Provider, theirs: Api) -> None:
    """Neither a stranger's on Acme's host, nor anybody's: the API wants a credential each time."""
    owned = Owned(acme)
    stranger, owner = signed_in(theirs.host), signed_in(api_of(acme).host)
    wrong = []
    for row in OPERATIONS:
        with undone():
            body = json.dumps(case_of(row.title).body(owned))
        url = f"{owned.path(row)}.json"
        for client in (stranger, owner):
            answer = client.generic(
                row.method, url, body, content_type="application/json",
                headers={"host": MASTER if row.master else api_of(acme).host},
            )  # fmt: skip
            if (answer.status_code, answer.content) not in {FORBIDDEN, UNAUTHORIZED}:
                wrong.append(f"{row.title}: {answer.status_code}")
    assert not wrong


def signed_in(host: str) -> Client:
    client = Client(headers={"host": host})
    assert client.post("/p/login", {"username": "admin", "password": PASSWORD}).status_code == 302
    return client


def test_nothing_that_one_tenant_reads_is_in_what_another_reads(
    acme: Provider, globex: Provider
) -> None:
    own, others = Owned(globex), Owned(acme)
    seen = set()
    for row in OPERATIONS:
        if row.method != "GET" or owning(row) or row.master or row.resource is None:
            continue
        ids = [
            ids_of(row, ask(api_of(asker.provider), row, asker.path(row), body_of(row, asker)))
            for asker in (own, others)
        ]
        assert not ids[0] & ids[1], row.path
        if row.many and row.resource.entity in own.ids:
            assert own.ids[row.resource.entity] in ids[0], row.path
            seen.add(row.resource.entity)
    assert seen == set(own.ids)


def body_of(row: Operation, asker: Owned) -> object:
    """What the row needs; lists are not to be narrowed to what a case asks for."""
    return {} if row.many else case_of(row.title).body(asker)


def ids_of(row: Operation, answer: tuple[int, bytes]) -> set[Any]:
    assert row.resource is not None
    status, content = answer
    assert status == 200, f"{row.title}: {content!r}"
    told = json.loads(content)
    if row.many and row.resource.collection:
        told = told[row.resource.collection]
    entities = [element[row.resource.entity] for element in (told if row.many else [told])]
    return {entity["id"] for entity in entities if "id" in entity}


def test_a_body_cannot_reach_into_another_tenant(
    acme: Provider, globex: Provider, theirs: Api
) -> None:
    product, account = globex.product.pk, globex.account.pk
    application = f"/accounts/{account}/applications/{globex.application.pk}"
    rule = {"http_method": "GET", "pattern": "/", "delta": 1, "metric_id": acme.hits.pk}
    signup = {"org_name": "X", "username": "xavier", "application_plan_id": acme.plan.pk}
    for method, path, body, status in (
        ("POST", f"/services/{product}/backend_usages", {"backend_api_id": acme.backend.pk}, 404),
        ("POST", f"/services/{product}/proxy/mapping_rules", rule, 422),
        ("POST", f"/backend_apis/{globex.backend.pk}/mapping_rules", rule, 422),
        ("POST", f"/accounts/{account}/applications", {"name": "X", "plan_id": acme.plan.pk}, 422),
        ("PUT", f"{application}/change_plan", {"plan_id": acme.plan.pk}, 422),
        ("POST", "/signup", signup, 404),
        ("GET", "/accounts/find", {"username": "john", "user_id": acme.developer.pk}, 200),
        ("GET", "/accounts/find", {"user_id": acme.developer.pk}, 404),
        ("GET", "/applications/find", {"application_id": acme.application.pk}, 404),
        ("GET", "/applications/find", {"user_key": acme.application.user_key}, 404),
        ("GET", "/applications/find", {"app_id": acme.application.application_id}, 404),
        ("GET", f"/applications?service_id={acme.product.pk}", None, 200),
    ):
        response = theirs.call(
            method, path.replace("?", ".json?") if "?" in path else f"{path}.json", body
        )
        assert response.status_code == status, f"{method} {path}: {response.content!r}"
        assert f'"account_id":{acme.account.pk},' not in response.content.decode()


def test_every_row_has_an_address_of_its_own() -> None:
    rows = [row.title for row in OPERATIONS]
    assert len(rows) == len(set(rows))
    assert len(list(patterns(OPERATIONS))) == len({o.path for o in OPERATIONS})
