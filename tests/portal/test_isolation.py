"""Tenants never meet: every selector that takes one is asked by Acme and by Globex, a stranger."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet

from portal.analytics.streams import Listed
from portal.apidocs.texts import text
from portal.mail.letters_sent import put
from portal.people import BY, Provider
from portal.storefront.test_logos import png
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Invitation, TeamInvitation
from tollway.portal.accounts.services import (
    add_note,
    create_access_token,
    delete_note,
    invite,
    invite_to_team,
)
from tollway.portal.alerts import selectors as alerts
from tollway.portal.alerts.services import Reached, store
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import ReachedLevel
from tollway.portal.analytics.services import record
from tollway.portal.apidocs import selectors as apidocs
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications import selectors as applications
from tollway.portal.applications.services import (
    add_key,
    add_referrer_filter,
    regenerate_user_key,
)
from tollway.portal.bulk import selectors as bulk
from tollway.portal.bulk.kinds import Parameters
from tollway.portal.bulk.models import Change, Fault, Run
from tollway.portal.bulk.services import start
from tollway.portal.bulk.subjects import Ids, Subject
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.services import create_mapping_rule, create_method, deploy
from tollway.portal.events import selectors as events
from tollway.portal.fields import digest
from tollway.portal.mail import selectors as mail
from tollway.portal.onboarding import selectors as onboarding
from tollway.portal.onboarding.wizard import add_backend, choose_product
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    create_limit,
    create_pricing_rule,
    set_default_plan,
    update_plan_metric,
)
from tollway.portal.storefront import selectors as storefront
from tollway.portal.storefront.services import set_logo, set_terms
from tollway.portal.tenants import selectors as tenants
from tollway.portal.tenants.models import Tenant
from tollway.portal.tryout import selectors as tryouts
from tollway.portal.tryout.models import Tryout
from tollway.store.spending import UsageEvent

TOKEN = "acme's token"
INVITED = "acme's invitation"
NOW = datetime.now(UTC)
KEY = "acme's-app-key"

# Selector -> what to ask about, of Acme's, after the tenant.
ASK: dict[Callable[..., Any], Callable[[Provider], tuple[Any, ...]]] = {
    accounts.accounts_of: lambda p: (),
    accounts.developers_of: lambda p: (),
    accounts.admins_of: lambda p: (),
    accounts.access_tokens_of: lambda p: (p.admin,),
    accounts.access_token_by_value: lambda p: (TOKEN,),
    accounts.users_of: lambda p: (p.account,),
    accounts.fields_definitions_of: lambda p: (),
    accounts.notes_of: lambda p: (p.account,),
    accounts.deleted_note: lambda p: (p.account, p.account.notes.get(text="deleted").pk),
    accounts.invitations_of: lambda p: (p.account,),
    accounts.invitation_by_value: lambda p: (INVITED,),
    accounts.team_invitations_of: lambda p: (),
    accounts.team_invitation_by_value: lambda p: (INVITED,),
    catalog.products_of: lambda p: (),
    catalog.backends_of: lambda p: (),
    catalog.backend_usages_of: lambda p: (p.product,),
    catalog.metrics_of: lambda p: (p.product,),
    catalog.metrics_with_mapping_of: lambda p: (p.product,),
    catalog.methods_of: lambda p: (p.product,),
    catalog.hits_of: lambda p: (p.product,),
    catalog.usable_metrics_of: lambda p: (p.product,),
    catalog.mapping_rules_of: lambda p: (p.product,),
    catalog.mapping_rules_of_backends: lambda p: (p.product,),
    catalog.proxy_of: lambda p: (p.product,),
    catalog.api_backend_of: lambda p: (p.product,),
    catalog.proxy_configs_of: lambda p: (p.product, "sandbox"),
    catalog.config_in_force: lambda p: (p.product, "sandbox"),
    catalog.config_of_version: lambda p: (p.product, "sandbox", 1),
    catalog.may_be_deployed: lambda p: (p.product,),
    catalog.all_proxy_configs_of: lambda p: ("sandbox",),
    catalog.configs_in_force: lambda p: ("sandbox",),
    catalog.service_tokens_of: lambda p: (p.product,),
    catalog.lasting_service_token_of: lambda p: (p.product,),
    apidocs.documents_of: lambda p: (),
    apidocs.published_of: lambda p: (),
    plans.application_plans_of: lambda p: (p.product,),
    plans.published_plans_of: lambda p: (p.product,),
    plans.default_plan_of: lambda p: (p.product,),
    plans.default_plans_of: lambda p: (),
    plans.account_plans_of: lambda p: (),
    plans.default_account_plan_of: lambda p: (),
    plans.service_plans_of: lambda p: (p.product,),
    plans.default_service_plans_of: lambda p: (),
    plans.any_application_plans_of: lambda p: (p.product,),
    plans.free_application_plans_of: lambda p: (),
    plans.limits_of: lambda p: (p.plan,),
    plans.limit_by_id: lambda p: (p.plan, p.plan.limits.get().pk),
    plans.pricing_rules_of: lambda p: (p.plan,),
    plans.pricing_rule_by_id: lambda p: (p.plan, p.plan.pricing_rules.get().pk),
    plans.shown_metrics_of: lambda p: (p.plan,),
    plans.features_of: lambda p: (p.product,),
    plans.plan_features_of: lambda p: (p.plan,),
    plans.contract_of: lambda p: (p.account,),
    plans.subscriptions_of: lambda p: (p.account,),
    plans.matching_subscriptions: lambda p: (plans.SubscriptionFilter(),),
    applications.applications_of: lambda p: (p.account,),
    applications.matching_applications: lambda p: (applications.Filter(text="App"),),
    applications.matching_accounts: lambda p: (applications.AccountFilter(text="john"),),
    applications.may_have_another: lambda p: (p.account,),
    applications.subscription_of: lambda p: (p.application,),
    applications.mode_change: lambda p: (p.product, "2"),
    applications.former_user_keys_of: lambda p: (p.application,),
    applications.referrer_filters_of: lambda p: (p.application,),
    applications.application_by_user_key: lambda p: (p.application.user_key, p.product.pk),
    applications.application_by_app_id: lambda p: (p.application.application_id,),
    applications.keys_of: lambda p: (p.application,),
    applications.key_by_value: lambda p: (p.application, KEY),
    bulk.runs_of: lambda p: (p.admin,),
    bulk.faults_of: lambda p: (Run.objects.get(tenant=p.tenant),),
    bulk.changes_of: lambda p: (Run.objects.get(tenant=p.tenant),),
    bulk.plans_for: lambda p: (Subject.ACCOUNTS, None),
    analytics.usage_of: lambda p: (),
    analytics.calls_of: lambda p: (),
    analytics.responses_of: lambda p: (),
    analytics.levels_of: lambda p: (),
    events.events_of: lambda p: (),
    mail.mails_of: lambda p: (),
    tryouts.tryouts_of: lambda p: (p.product,),
    tryouts.last_tryout_of: lambda p: (p.product,),
    tryouts.tries_since: lambda p: (NOW - timedelta(days=1),),
    onboarding.wizard_of: lambda p: (),
    onboarding.connection_of: lambda p: (onboarding.wizard_of(p.tenant),),
    alerts.alerts_of: lambda p: (p.product,),
    alerts.unread_of: lambda p: (p.product,),
    alerts.developers_alerts_of: lambda p: (p.account,),
    storefront.brand_of: lambda p: (),
    storefront.logo_of: lambda p: (storefront.brand_of(p.tenant).logo_digest,),  # type: ignore[union-attr]
    storefront.versions_of: lambda p: ("signup_licence",),
    storefront.terms_in_force: lambda p: (("signup_licence",),),
    tenants.has_provider_key: lambda p: (p.tenant.provider_key, NOW),
}
# Looked up within the sign-in of one side; what they find is compared below.
BY_LOGIN: set[Callable[..., Any]] = {accounts.admin_by_login, accounts.developer_by_login}


def owned(provider: Provider) -> None:
    """Give the provider one of everything that a selector can find."""
    for give in (_people, _credentials, _plans, _configuration, _usage, _portal, _bulk_run):
        give(provider)


def _people(provider: Provider) -> None:
    create_access_token(
        provider.admin, by=BY, value=TOKEN, name="t", permission="rw", scopes=["cms"]
    )
    invitation = invite(provider.account, by=BY, email="ann@dev.example")
    Invitation.objects.filter(pk=invitation.pk).update(digest=digest("invitation", INVITED))
    asked = invite_to_team(provider.tenant, by=BY, email="ann@team.example")
    value = digest("team_invitation", INVITED)
    TeamInvitation.objects.filter(pk=asked.pk).update(digest=value)
    put(provider.tenant)
    add_note(provider.account, "kept", author=provider.admin, by=BY)
    gone = add_note(provider.account, "deleted", author=provider.admin, by=BY)
    delete_note(gone, by=BY)


def _credentials(provider: Provider) -> None:
    add_key(provider.application, by=BY, value=KEY)
    add_referrer_filter(provider.application, by=BY, value="*")
    regenerate_user_key(provider.application, by=BY, keep_until=datetime(2100, 1, 1, tzinfo=UTC))


def _plans(provider: Provider) -> None:
    method = create_method(provider.product, by=BY, friendly_name="Method")
    create_limit(provider.plan, method, by=BY, period="day", value=1)
    create_pricing_rule(provider.plan, method, by=BY, cost_per_unit=1)
    update_plan_metric(provider.plan, method, by=BY, visible=False)
    feature = create_feature(provider.product, by=BY, name="Speed")
    add_feature(provider.plan, feature, by=BY)
    set_default_plan(provider.product, provider.plan, by=BY)


def _configuration(provider: Provider) -> None:
    create_mapping_rule(
        provider.backend, by=BY, metric=catalog.hits_of(provider.tenant, provider.backend),
        http_method="GET", pattern="/", delta=1,
    )  # fmt: skip
    deploy(provider.product, by=BY)
    Tryout.objects.create(tenant=provider.tenant, product=provider.product, version=1, passed=True)
    add_backend(
        provider.tenant, by=BY, name="Echo", private_endpoint=provider.backend.private_endpoint
    )
    choose_product(provider.product, by=BY)


def _usage(provider: Provider) -> None:
    wire = (str(provider.product.pk), provider.application.application_id)
    called = UsageEvent(*wire, int(NOW.timestamp()), 200, [(str(provider.hits.pk), 1)])
    record(Listed([called]), at=int(NOW.timestamp()))
    for audience in ("provider", "buyer"):
        reached = Reached(provider.hits.pk, "day", 0, 80, "hits per day", 8, 10)
        store(provider.application, reached, audience)
    ReachedLevel.objects.create(
        tenant=provider.tenant, application=provider.application, metric_id=provider.hits.pk,
        period="day", window=0, level=100,
    )  # fmt: skip


def _portal(provider: Provider) -> None:
    create_document(provider.tenant, by=BY, name="Echo", body=text(), published=True)
    set_terms(provider.tenant, "signup_licence", f"Of {provider.tenant}.", by=BY)
    set_logo(provider.tenant, png(), by=BY)


def _bulk_run(provider: Provider) -> None:
    ticked = Ids((provider.account.pk,))
    run = start(
        provider.tenant, "accounts-suspend", ticked, Parameters(), user=provider.admin, by=BY
    )
    Fault.objects.create(tenant=provider.tenant, run=run, object_id=1, name="x", reason="y")
    Change.objects.create(
        tenant=provider.tenant, run=run, object_id=1, before="a", after="b", event_id=1
    )


def found(selector: Callable[..., Any], tenant: Tenant, *about: Any) -> list[Any]:
    """Return the rows that a selector gives, whichever shape it has."""
    try:
        answer = selector(tenant, *about)
    except ObjectDoesNotExist:
        return []
    if isinstance(answer, QuerySet | list):
        return list(answer)
    if isinstance(answer, dict):
        return list(answer.items())
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
    modules = (
        accounts, catalog, apidocs, plans, applications, analytics, events, mail, tenants,
        tryouts, onboarding, bulk, alerts, storefront,
    )  # fmt: skip
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
