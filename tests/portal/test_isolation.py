"""Tenants never meet: every selector that takes one is asked by Acme and by Globex, a stranger."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet

from portal.people import BY, Provider
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.services import create_access_token
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.services import add_key
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.services import create_mapping_rule, create_method, deploy
from tollway.portal.events import selectors as events
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.services import create_limit, set_default_plan
from tollway.portal.tenants import selectors as tenants
from tollway.portal.tenants.models import Tenant

TOKEN = "acme's token"
KEY = "acme's-app-key"

# Selector -> what to ask about, of Acme's, after the tenant.
ASK: dict[Callable[..., Any], Callable[[Provider], tuple[Any, ...]]] = {
    accounts.accounts_of: lambda p: (),
    accounts.developers_of: lambda p: (),
    accounts.admins_of: lambda p: (),
    accounts.access_tokens_of: lambda p: (p.admin,),
    accounts.access_token_by_value: lambda p: (TOKEN,),
    catalog.products_of: lambda p: (),
    catalog.backends_of: lambda p: (),
    catalog.backend_usages_of: lambda p: (p.product,),
    catalog.metrics_of: lambda p: (p.product,),
    catalog.methods_of: lambda p: (p.product,),
    catalog.hits_of: lambda p: (p.product,),
    catalog.usable_metrics_of: lambda p: (p.product,),
    catalog.mapping_rules_of: lambda p: (p.product,),
    catalog.mapping_rules_of_backends: lambda p: (p.product,),
    catalog.proxy_of: lambda p: (p.product,),
    catalog.api_backend_of: lambda p: (p.product,),
    catalog.proxy_configs_of: lambda p: (p.product, "sandbox"),
    catalog.config_in_force: lambda p: (p.product, "sandbox"),
    catalog.all_proxy_configs_of: lambda p: ("sandbox",),
    catalog.configs_in_force: lambda p: ("sandbox",),
    catalog.service_tokens_of: lambda p: (p.product,),
    plans.application_plans_of: lambda p: (p.product,),
    plans.published_plans_of: lambda p: (p.product,),
    plans.default_plan_of: lambda p: (p.product,),
    plans.default_plans_of: lambda p: (),
    plans.limits_of: lambda p: (p.plan,),
    applications.applications_of: lambda p: (p.account,),
    applications.application_by_user_key: lambda p: (p.application.user_key, p.product.pk),
    applications.application_by_app_id: lambda p: (p.application.application_id,),
    applications.keys_of: lambda p: (p.application,),
    applications.key_by_value: lambda p: (p.application, KEY),
    events.events_of: lambda p: (),
    tenants.has_provider_key: lambda p: (p.tenant.provider_key,),
}
# Looked up within the sign-in of one side; what they find is compared below.
BY_LOGIN: set[Callable[..., Any]] = {accounts.admin_by_login, accounts.developer_by_login}


def owned(provider: Provider) -> None:
    """Give the provider one of everything that a selector can find."""
    create_access_token(
        provider.admin, by=BY, value=TOKEN, name="t", permission="rw", scopes=["cms"]
    )
    add_key(provider.application, by=BY, value=KEY)
    method = create_method(provider.product, by=BY, friendly_name="Method")
    create_limit(provider.plan, method, by=BY, period="day", value=1)
    set_default_plan(provider.product, provider.plan, by=BY)
    create_mapping_rule(
        provider.backend, by=BY, metric=catalog.hits_of(provider.tenant, provider.backend),
        http_method="GET", pattern="/", delta=1,
    )  # fmt: skip
    deploy(provider.product, by=BY)


def found(selector: Callable[..., Any], tenant: Tenant, *about: Any) -> list[Any]:
    """Return the rows that a selector gives, whichever shape it has."""
    try:
        answer = selector(tenant, *about)
    except ObjectDoesNotExist:
        return []
    if isinstance(answer, QuerySet):
        return list(answer)
    return [answer] if answer else []


@pytest.mark.parametrize("selector", ASK, ids=lambda s: s.__name__)
def test_a_stranger_finds_nothing_of_acme_s(
    acme: Provider, globex: Provider, selector: Callable[..., Any]
) -> None:
    owned(acme)
    about = ASK[selector](acme)
    mine = found(selector, acme.tenant, *about)
    assert mine, "the question finds something"
    theirs = found(selector, globex.tenant, *about)
    assert not {getattr(row, "pk", row) for row in mine} & {getattr(r, "pk", r) for r in theirs}
    if any(getattr(each, "tenant", None) == acme.tenant for each in about):
        assert not theirs, "not even of one's own, when asked about what is Acme's"


def test_a_name_signs_in_at_its_own_tenant_only(acme: Provider, globex: Provider) -> None:
    assert accounts.admin_by_login(globex.tenant, "admin") == globex.admin
    assert accounts.admin_by_login(globex.tenant, acme.admin.email) is None
    assert accounts.developer_by_login(globex.tenant, "john") == globex.developer
    assert accounts.admin_by_login(acme.tenant, "john") is None, "a developer is no admin"


def test_every_selector_of_a_tenant_is_asked() -> None:
    modules = (accounts, catalog, plans, applications, events, tenants)
    selectors = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "tenant" in inspect.signature(function).parameters
    }
    assert selectors == set(ASK) | BY_LOGIN


def test_every_selector_takes_the_tenant_first() -> None:
    selectors: list[Callable[..., Any]] = [*ASK, *BY_LOGIN]
    for selector in selectors:
        assert next(iter(inspect.signature(selector).parameters)) == "tenant"
