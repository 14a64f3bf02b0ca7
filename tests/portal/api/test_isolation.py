"""Tenants cannot see or touch each other's anything: every row is asked with a stranger's token.

Acme owns the ids; Globex asks, on its own host and on Acme's. An id of Acme's in any place of a
path, among ids of Globex's own, is answered as if it did not exist.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from portal.api.calls import Api, api_of
from portal.people import BY, Provider
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.routes import patterns
from tollway.portal.applications.services import add_key
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_mapping_rule, create_method, deploy
from tollway.portal.plans.services import create_limit

pytestmark = pytest.mark.django_db

SAMPLES: Mapping[str, Any] = {
    "text": "x", "integer": 1, "number": 1, "boolean": True, "list": ["x"], "time": "2026-01-01",
}  # fmt: skip
KEY = "a-key-of-this-tenant"


def first(rows: Any) -> object:
    """The id of the oldest row of a manager."""
    return rows.order_by("pk").values_list("pk", flat=True)[0]


class Owned:
    """One of everything of a tenant, by where its id stands in a path."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        product = provider.product
        self.method = create_method(product, by=BY, friendly_name="Search")
        self.backend_method = create_method(provider.backend, by=BY, friendly_name="Search")
        self.limit = create_limit(provider.plan, provider.hits, by=BY, period="hour", value=3)
        self.token = provider.admin.access_tokens.create(
            tenant=provider.tenant, name="t", permission="rw", scopes=["stats"],
            digest=f"{provider.tenant.pk}",
        )  # fmt: skip
        hits = hits_of(provider.tenant, provider.backend)
        create_mapping_rule(
            provider.backend, by=BY, metric=hits, http_method="GET", pattern="/", delta=1
        )
        self.ids = {
            "service": product.pk,
            "application_plan": provider.plan.pk,
            "account": provider.account.pk,
            "application": provider.application.pk,
            "backend_api": provider.backend.pk,
            "access_token": self.token.pk,
        }
        deploy(product, by=BY)
        add_key(provider.application, by=BY, value=f"{KEY}-{provider.tenant.pk}")

    def id(self, path: str, name: str) -> object:
        """Return this tenant's id for the variable ``name`` of a path template."""
        provider, product = self.provider, self.provider.product
        of_backend = path.startswith("/admin/api/backend_apis")
        before = path.partition(f"{{{name}}}")[0].rstrip("/").rpartition("/")[2]
        metrics = provider.backend.metrics if of_backend else product.metrics
        rules = provider.backend.mapping_rules if of_backend else product.mapping_rules
        return {
            "services": product.pk,
            "backend_usages": first(product.backend_usages),
            "backend_apis": provider.backend.pk,
            "metrics": first(metrics),
            "methods": (self.backend_method if of_backend else self.method).pk,
            "mapping_rules": first(rules),
            "application_plans": provider.plan.pk,
            "limits": self.limit.pk,
            "accounts": provider.account.pk,
            "users": provider.developer.pk,
            "applications": provider.application.pk,
            "keys": f"{KEY}-{provider.tenant.pk}",
            "access_tokens": self.token.pk,
            "configs": "sandbox",
            "proxy_configs": "sandbox",
            "{environment}": 1,
        }[before]


def names(operation: Operation) -> list[str]:
    return re.findall(r"\{(\w+)\}", operation.path)


def owning(operation: Operation) -> list[str]:
    """The variables that name something of a tenant's, not an environment or version."""
    return [name for name in names(operation) if name not in {"environment", "version"}]


def title(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


WITH_IDS = [operation for operation in OPERATIONS if owning(operation)]
WITHOUT_IDS = [operation for operation in OPERATIONS if not owning(operation)]


def body_of(operation: Operation) -> dict[str, Any]:
    return {p.name: SAMPLES[p.kind] for p in operation.params if p.required}


def mixtures(operation: Operation, acme: Owned, globex: Owned) -> Iterator[str]:
    """Fill the path with Acme's ids in one or more places, and Globex's in the others."""
    variables = owning(operation)
    for count in range(1, len(variables) + 1):
        for foreign in combinations(variables, count):
            yield operation.path.format_map(
                {
                    name: (acme if name in foreign else globex).id(operation.path, name)
                    for name in names(operation)
                }
            )


@pytest.fixture
def theirs(globex: Provider) -> Api:
    return api_of(globex)


def test_a_strangers_id_does_not_exist(acme: Provider, globex: Provider, theirs: Api) -> None:
    others, own = Owned(acme), Owned(globex)
    wrong = []
    for operation in WITH_IDS:
        for path in mixtures(operation, others, own):
            url = f"{path}.json?access_token={theirs.token}"
            body = json.dumps(body_of(operation))
            response = theirs.send(operation.method, url, body, "application/json")
            if response.status_code != 404:
                wrong.append(f"{operation.method} {path}: {response.status_code}")
    assert not wrong


def test_a_strangers_token_is_unknown(acme: Provider, globex: Provider, theirs: Api) -> None:
    owned, host = Owned(acme), Api(f"{acme.tenant.subdomain}-admin.localhost", "")
    wrong = []
    for operation in OPERATIONS:
        path = operation.path.format_map({n: owned.id(operation.path, n) for n in names(operation)})
        url = f"{path}.json?access_token={theirs.token}"
        body = json.dumps(body_of(operation))
        response = host.send(operation.method, url, body, "application/json")
        if (response.status_code, response.content) != (403, b'{"status":"Forbidden"}'):
            wrong.append(f"{operation.method} {path}: {response.status_code}")
    assert not wrong


def test_lists_hold_nothing_of_a_strangers(acme: Provider, globex: Provider, theirs: Api) -> None:
    own, others = Owned(globex), Owned(acme)
    seen = set()
    for operation in WITHOUT_IDS:
        if not operation.many:
            continue
        path = operation.path.replace("{environment}", "sandbox")
        response = theirs.send("GET", f"{path}.json?access_token={theirs.token}", b"", "")
        text = response.content.decode()
        assert response.status_code == 200, path
        assert f'"tenant_id":{acme.tenant.pk},' not in text, path
        assert operation.resource is not None
        entity = operation.resource.entity
        if entity in own.ids:
            assert f'{{"id":{own.ids[entity]},' in text, path
            assert f'{{"id":{others.ids[entity]},' not in text, path
            seen.add(entity)
    assert seen == set(own.ids)


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
    rows = [title(operation) for operation in OPERATIONS]
    assert len(rows) == len(set(rows))
    assert len(list(patterns(OPERATIONS))) == len({o.path for o in OPERATIONS})
