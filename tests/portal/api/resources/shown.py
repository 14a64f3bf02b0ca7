"""One of everything that ``vectors/api.json`` shows, by fixed names and secrets.

Each function makes some of it, and returns what the vectors call the ids that came of it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.apps import apps

from portal.api.calls import Api
from portal.people import BY, Provider
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications.services import (
    add_key,
    add_referrer_filter,
    customize_plan,
    sign_up,
    update_product,
)
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_method,
    deploy,
    update_proxy,
)
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_feature,
    create_limit,
    create_pricing_rule,
    set_default_plan,
    update_plan,
)

Ids = dict[str, object]

CREATED = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
UPDATED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def make_everything(acme: Provider, api: Api) -> Ids:
    ids = {
        **make_quiet_account(acme),
        **make_backend(acme),
        **make_conditions(acme),
        **make_applications(acme),
        **make_features(acme),
        **make_document(acme),
    }
    deploy(acme.product, by=BY)
    fix_times(acme)
    return {**ids, **ids_of_tenant(acme, api), **ids_of_product(acme)}


def make_quiet_account(acme: Provider) -> Ids:
    """Make an account without applications, and with one subscription only."""
    quiet = sign_up(acme.tenant, by=BY, org_name="Quiet", username="quiet").account
    return {
        "quiet": quiet.pk,
        "quiet_subscription": quiet.service_subscriptions.get().pk,
        "silver": create_account_plan(acme.tenant, by=BY, name="Silver").pk,
    }


def make_backend(acme: Provider) -> Ids:
    stops = create_backend(
        acme.tenant, by=BY, name="Stops", private_endpoint="http://stops.example"
    )
    usage = create_backend_usage(acme.product, by=BY, backend=stops, path="/stops")
    search = create_method(acme.product, by=BY, friendly_name="Search", description="Looks it up")
    return {
        "stops": stops.pk,
        "stops_hits": stops.metrics.get().pk,
        "usage": usage.pk,
        "search": search.pk,
    }


def make_conditions(acme: Provider) -> Ids:
    set_default_plan(acme.product, acme.plan, by=BY)
    update_plan(acme.plan, by=BY, setup_fee="12.5", cost_per_month="100")
    first, last = (
        create_pricing_rule(acme.plan, acme.hits, by=BY, **fields)
        for fields in (
            {"max": 100, "cost_per_unit": "0.0125"}, {"min": 101, "cost_per_unit": 20},
        )
    )  # fmt: skip
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    return {"limit": limit.pk, "price": first.pk, "last_price": last.pk}


def make_applications(acme: Provider) -> Ids:
    """Make an application in each mode; a custom plan for the client of OpenID Connect."""
    by_key = acme.another_application(
        name="By key", user_key="fixed-user-key", description="It & co"
    )
    ids: Ids = {"application": by_key.pk}
    for name, mode in (("by_id", "2"), ("oidc", "oidc")):
        product = acme.another_product(f"Mode {mode}", backend_version=mode)
        plan = create_application_plan(product, by=BY, name="Free")
        application = acme.another_application(
            plan=plan, name=name, application_id=f"fixed-{name}", keys=["first-key"],
            redirect_url="https://app.example/",
        )  # fmt: skip
        if name == "by_id":
            add_key(application, by=BY, value="second/key")
            row = add_referrer_filter(application, by=BY, value="*.example.com")
            update_product(product, by=BY, referrer_filters_required=True)
            ids["filter"] = row.pk
        else:
            custom = customize_plan(application, by=BY)
            update_plan(custom, by=BY, cost_per_month=5)
            ids |= {"custom": custom.pk, **make_issuer(acme, product)}
        ids |= {
            name: application.pk,
            f"{name}_service": product.pk,
            f"{name}_plan": plan.pk,
            f"{name}_service_plan": product.service_plans.get().pk,
        }
    return ids


def make_issuer(acme: Provider, product: Product) -> Ids:
    proxy = update_proxy(
        product, by=BY, jwt_claim_with_client_id="azp", jwt_claim_with_client_id_type="plain",
        oidc_issuer_endpoint="https://client:secret@idp.example/realms/x",
    )  # fmt: skip
    return {
        "oidc_proxy": proxy.pk,
        "oidc_label": f"{proxy.host_label}-{acme.tenant.pk}",
        "oidc_secret_token": proxy.secret_token,
    }


def make_features(acme: Provider) -> Ids:
    of_product = create_feature(acme.product, by=BY, name="24/7 support", description="By phone")
    of_tenant = create_feature(acme.tenant, by=BY, name="Invoices", visible=False)
    return {"feature": of_product.pk, "account_feature": of_tenant.pk}


def make_document(acme: Provider) -> Ids:
    body = '{"openapi": "3.0.3", "info": {"title": "Echo", "version": "1"}, "paths": {}}'
    document = create_document(
        acme.tenant, by=BY, name="Echo", description="Repeats", body=body, published=True,
        product=acme.product,
    )  # fmt: skip
    return {"document": document.pk}


def fix_times(acme: Provider) -> None:
    acme.tenant.servicesubscriptions.update(accepted_at=CREATED)
    for model in apps.get_models():
        if {"created_at", "updated_at"} <= {field.name for field in model._meta.get_fields()}:
            model._base_manager.update(created_at=CREATED, updated_at=UPDATED)


def ids_of_tenant(acme: Provider, api: Api) -> Ids:
    return {
        "host": api.host,
        "tenant": acme.tenant.pk,
        "access_code": acme.tenant.site_access_code,
        "admin": acme.admin.pk,
        "token": acme.admin.access_tokens.get().pk,
        "account": acme.account.pk,
        "account_plan": acme.account.contract.plan.pk,
        "user": acme.developer.pk,
        "subscription": acme.account.service_subscriptions.get(product=acme.product).pk,
        "field": acme.tenant.fieldsdefinitions.get(target="Account").pk,
    }


def ids_of_product(acme: Provider) -> Ids:
    return {
        "service": acme.product.pk,
        "label": f"{acme.product.proxy.host_label}-{acme.tenant.pk}",
        "secret_token": acme.product.proxy.secret_token,
        "backend": acme.backend.pk,
        "hits": acme.hits.pk,
        "rule": acme.product.mapping_rules.get().pk,
        "plan": acme.plan.pk,
        "service_plan": acme.product.service_plans.get().pk,
    }
