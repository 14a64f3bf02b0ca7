"""The exact JSON and XML of every resource: ``vectors/api.json``.

Ids stand there as `{service}`, times are two fixed ones; everything else is as it goes out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps

from conftest import vectors
from portal.api.calls import Api, api_of
from portal.people import BY, Provider
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.api.resource import Resource
from tollway.portal.api.resources import accounts, applications, catalog, gateway, plans
from tollway.portal.applications.services import add_key
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_method,
    deploy,
)
from tollway.portal.plans.services import (
    create_application_plan,
    create_limit,
    set_default_plan,
    update_application_plan,
)

pytestmark = pytest.mark.django_db

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
CREATED = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
UPDATED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CASES: dict[str, Any] = vectors("api")


@pytest.fixture
def api(acme: Provider) -> Api:
    return api_of(acme)


@pytest.fixture
def ids(acme: Provider, api: Api) -> dict[str, object]:
    """Make one of everything, by fixed names and secrets; return what each is called."""
    search = create_method(acme.product, by=BY, friendly_name="Search", description="Looks it up")
    stops = create_backend(
        acme.tenant, by=BY, name="Stops", private_endpoint="http://stops.example"
    )
    usage = create_backend_usage(acme.product, by=BY, backend=stops, path="/stops")
    set_default_plan(acme.product, acme.plan, by=BY)
    update_application_plan(acme.plan, by=BY, setup_fee="12.5", cost_per_month="100")
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    by_key = acme.another_application(
        name="By key", user_key="fixed-user-key", description="It & co"
    )
    by_id, oidc = (
        acme.another_product(f"Mode {mode}", backend_version=mode) for mode in ("2", "oidc")
    )
    made: dict[str, Any] = {}
    for name, product in (("by_id", by_id), ("oidc", oidc)):
        plan = create_application_plan(product, by=BY, name="Free")
        made[name] = acme.another_application(
            plan=plan, name=name, application_id=f"fixed-{name}", keys=["first-key"],
            redirect_url="https://app.example/",
        )  # fmt: skip
        made[f"{name}_plan"] = plan
    add_key(made["by_id"], by=BY, value="second/key")
    deploy(acme.product, by=BY)
    token = acme.admin.access_tokens.get()
    for model in apps.get_models():
        if {"created_at", "updated_at"} <= {field.name for field in model._meta.get_fields()}:
            model._base_manager.update(created_at=CREATED, updated_at=UPDATED)
    return {
        "host": api.host,
        "tenant": acme.tenant.pk,
        "service": acme.product.pk,
        "label": f"{acme.product.proxy.host_label}-{acme.tenant.pk}",
        "secret_token": acme.product.proxy.secret_token,
        "hits": acme.hits.pk,
        "search": search.pk,
        "rule": acme.product.mapping_rules.get().pk,
        "backend": acme.backend.pk,
        "stops": stops.pk,
        "stops_hits": stops.metrics.get().pk,
        "usage": usage.pk,
        "plan": acme.plan.pk,
        "limit": limit.pk,
        "account": acme.account.pk,
        "user": acme.developer.pk,
        "application": by_key.pk,
        "token": token.pk,
        "by_id": made["by_id"].pk,
        "by_id_service": by_id.pk,
        "by_id_plan": made["by_id_plan"].pk,
        "oidc": made["oidc"].pk,
        "oidc_service": oidc.pk,
        "oidc_plan": made["oidc_plan"].pk,
    }


def filled(text: str, ids: dict[str, object]) -> str:
    """Put ids where names stand. Alone in a JSON text, a name is a number or word of its own."""
    for name, value in ids.items():
        if isinstance(value, int):
            text = text.replace(f'"{{{name}}}"', str(value))
        text = text.replace(f"{{{name}}}", str(value))
    return text


@pytest.mark.parametrize("name", CASES)
def test_a_resource_looks_as_3scale_writes_it(name: str, api: Api, ids: dict[str, object]) -> None:
    case = CASES[name]
    path = filled(case["path"], ids)
    response = api.call("GET", f"{path}.json")
    assert response.status_code == 200
    assert json.loads(response.content) == json.loads(filled(json.dumps(case["json"]), ids))
    response = api.call("GET", f"{path}.xml")
    if case["xml"] is None:
        assert response.status_code == 406
    else:
        assert response.content.decode() == HEAD + filled(case["xml"], ids)


def test_every_resource_has_a_case() -> None:
    shapes = {
        shape.entity
        for module in (accounts, applications, catalog, gateway, plans)
        for shape in vars(module).values()
        if isinstance(shape, Resource)
    }
    assert shapes == {operation.resource.entity for operation in OPERATIONS if operation.resource}
    shown = {entity for case in CASES.values() for entity in (case["entity"],)}
    assert shown == shapes - {"proxy_config"}  # its content is the configuration's own matter
