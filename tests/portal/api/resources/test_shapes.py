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
from tollway.portal.api.resources import (
    accounts,
    applications,
    catalog,
    contracts,
    fields_definitions,
    gateway,
    plans,
    providers,
)
from tollway.portal.applications.services import (
    add_key,
    add_referrer_filter,
    customize_plan,
    update_product,
)
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_method,
    deploy,
    update_proxy,
)
from tollway.portal.plans.services import (
    create_application_plan,
    create_feature,
    create_limit,
    create_pricing_rule,
    set_default_plan,
    update_plan,
)

pytestmark = pytest.mark.django_db

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
CREATED = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
UPDATED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CASES: dict[str, Any] = vectors("api")
MODULES = (
    accounts, applications, catalog, contracts, fields_definitions, gateway, plans, providers,
)  # fmt: skip


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
    update_plan(acme.plan, by=BY, setup_fee="12.5", cost_per_month="100")
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
    update_proxy(
        oidc, by=BY, jwt_claim_with_client_id="azp", jwt_claim_with_client_id_type="plain",
        oidc_issuer_endpoint="https://client:secret@idp.example/realms/x",
    )  # fmt: skip
    update_product(by_id, by=BY, referrer_filters_required=True)
    row = add_referrer_filter(made["by_id"], by=BY, value="*.example.com")
    deploy(acme.product, by=BY)
    custom = customize_plan(made["oidc"], by=BY)
    update_plan(custom, by=BY, cost_per_month=5)
    features = {
        "feature": create_feature(
            acme.product, by=BY, name="24/7 support", description="By phone"
        ).pk,
        "account_feature": create_feature(acme.tenant, by=BY, name="Invoices", visible=False).pk,
    }
    prices = [
        create_pricing_rule(acme.plan, acme.hits, by=BY, max=100, cost_per_unit="0.0125"),
        create_pricing_rule(acme.plan, acme.hits, by=BY, min=101, cost_per_unit=20),
    ]
    acme.account.service_subscriptions.update(accepted_at=CREATED)
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
        "price": prices[0].pk,
        "last_price": prices[1].pk,
        **features,
        "account_plan": acme.account.contract.plan.pk,
        "service_plan": acme.product.service_plans.get().pk,
        "by_id_service_plan": by_id.service_plans.get().pk,
        "oidc_service_plan": oidc.service_plans.get().pk,
        "subscription": acme.account.service_subscriptions.get(product=acme.product).pk,
        "custom": custom.pk,
        "account": acme.account.pk,
        "user": acme.developer.pk,
        "admin": acme.admin.pk,
        "access_code": acme.tenant.site_access_code,
        "field": acme.tenant.fieldsdefinitions.get(target="Account").pk,
        "application": by_key.pk,
        "token": token.pk,
        "by_id": made["by_id"].pk,
        "by_id_service": by_id.pk,
        "by_id_plan": made["by_id_plan"].pk,
        "oidc": made["oidc"].pk,
        "oidc_service": oidc.pk,
        "oidc_proxy": oidc.proxy.pk,
        "oidc_label": f"{oidc.proxy.host_label}-{acme.tenant.pk}",
        "oidc_secret_token": oidc.proxy.secret_token,
        "filter": row.pk,
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
        for module in MODULES
        for shape in vars(module).values()
        if isinstance(shape, Resource)
    }
    assert shapes == {operation.resource.entity for operation in OPERATIONS if operation.resource}
    shown = {entity for case in CASES.values() for entity in (case["entity"],)}
    # A configuration's content is its own matter; a sign-up is an account with a token.
    assert shown == shapes - {"proxy_config", "signup"}
