"""An application's page: who may call with what, how much of its limits is used, and its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.portal.accounts.fields_definitions import definitions_of
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import (
    KEYS_MAX,
    update_application,
    waits_for_subscription,
)
from tollway.portal.catalog import endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.console import places
from tollway.portal.console.applications.finding import application_or_404
from tollway.portal.console.applications.forms import (
    ApplicationForm,
    KeyForm,
    ReferrerForm,
    values,
)
from tollway.portal.console.applications.usage import usage_of
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.dashboard.recent import Item, items_about
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import Edit, edited
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import UsageLimit
from tollway.portal.standing.selectors import Standing, standing_of
from tollway.portal.web.calls import credentials_for, curl
from tollway.portal.web.overlaps import OVERLAPS
from tollway.portal.web.toasts import tell

SECTION = audience_section("applications")
LIMITS_IN_WORDS = 12


class Overlap(Struct, frozen=True):
    value: str
    text: str


class Call(Struct, frozen=True):
    environment: str
    line: str


@require_safe
def index(request: HttpRequest, application_id: int) -> HttpResponse:
    return page(request, application_or_404(request, application_id), {})


def page(
    request: HttpRequest,
    application: Application,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the page; ``context`` has the form that was refused, and the question to open."""
    tenant, product, sight = application.tenant, application.product, sight_of(request)
    user = application.account.users.filter(role=User.Role.ADMIN).order_by("id").first()
    shown = {
        "application": application,
        "product": product,
        "account_url": places.account(application.account_id),
        "user": user,
        "mode": mode_of(product),
        "keys": list(selectors.keys_of(tenant, application)),
        "former_keys": list(selectors.former_user_keys_of(tenant, application)),
        "keys_max": 1 if mode_of(product) == "oidc" else KEYS_MAX,
        "referrers": list(selectors.referrer_filters_of(tenant, application)),
        "call": call_of(application),
        "blocked": blocked_by(application),
        "limits": limits_now(application),
        "words": _words(application),
        "terms": application.plan.terms,
        "features": list(plans.plan_features_of(tenant, application.plan)[:LIMITS_IN_WORDS]),
        "other_plans": list(
            plans.application_plans_of(tenant, product).exclude(pk=application.plan_id)
        ),
        "plan_url": reverse("application-plan", args=(application.plan_id,)) if sight.setup else "",
        "usage": usage_of(application, request.GET.get("range", ""), request.GET.get("metric", ""))
        if sight.usage
        else None,
        "trial": _trial(application),
        "fields": _fields(application),
        "history": history_of(request, application),
        "overlaps": [Overlap(value, text) for value, (text, _) in OVERLAPS.items()],
        "key_form": KeyForm(),
        "referrer_form": ReferrerForm(),
        "errors_url": reverse("product-errors", args=(product.pk,)) if sight.usage else "",
    }
    template = "console/applications/application.html"
    return show(request, template, SECTION, {**shown, **context}, status=status)


def mode_of(product: Product) -> str:
    """Return what callers show: "user_key", "app_id" or "oidc"."""
    modes = Product.BackendVersion
    names = {modes.USER_KEY: "user_key", modes.APP_ID_AND_KEY: "app_id", modes.OIDC: "oidc"}
    return names[modes(product.backend_version)]


def call_of(application: Application) -> Call | None:
    """Return a line to paste: on production if it serves the product, else on staging."""
    product, tenant = application.product, application.tenant
    if not product.has_gateway:
        return None
    proxy = catalog.proxy_of(tenant, product)
    environments = (
        ("production", ProxyConfig.Environment.PRODUCTION, endpoints.production_endpoint),
        ("staging", ProxyConfig.Environment.SANDBOX, endpoints.staging_endpoint),
    )
    for name, environment, endpoint in environments:
        if catalog.config_in_force(tenant, product, environment) and (url := endpoint(proxy)):
            return Call(name, _line(url, proxy, application))
    return None


def _line(url: str, proxy: Proxy, application: Application) -> str:
    shown = credentials_for(application.tenant, application.product, proxy, application)
    return curl(url, proxy.api_test_path, proxy, shown)


def blocked_by(application: Application) -> str:
    """Say why no call of it passes, whatever its limits; "" if nothing stands in the way."""
    account = application.account
    if account.state != Account.State.APPROVED:
        state = account.get_state_display().lower()
        return f"Its calls are refused: the account {account.org_name} is {state}."
    if application.state == Application.State.PENDING and waits_for_subscription(application):
        product = application.product.name
        return f"Its calls are refused until the account's subscription to {product} is approved."
    reasons = {
        Application.State.PENDING: "Its calls are refused until you accept it.",
        Application.State.SUSPENDED: "Its calls are refused while it is suspended.",
    }
    return reasons.get(Application.State(application.state), "")


def limits_now(application: Application) -> Sequence[Standing] | None:
    """Return where each limit stands; None when that is not known now."""
    return standing_of([application]).get(application.pk)


@require_safe
def limits(request: HttpRequest, application_id: int) -> HttpResponse:
    """Answer the card of limits alone, which asks for itself again while somebody looks."""
    application = application_or_404(request, application_id)
    context = {"application": application, "limits": limits_now(application)}
    return render(request, "console/applications/limits.html", context)


def _words(application: Application) -> list[UsageLimit]:
    return list(plans.limits_of(application.tenant, application.plan)[:LIMITS_IN_WORDS])


class Field(Struct, frozen=True):
    label: str
    value: str


def _fields(application: Application) -> list[Field]:
    """Return what the organisation has defined for applications, as far as it is filled in."""
    rows = definitions_of(application.tenant, FieldsDefinition.Target.APPLICATION)
    found = application.extra_fields
    return [Field(row.label, found[row.name]) for row in rows if found.get(row.name)]


def _trial(application: Application) -> str:
    """Say until when the trial is free, "" without one. A day that has begun is one left."""
    ends = application.trial_period_expires_at
    if ends is None:
        return ""
    left = -((clock.utc_now() - ends) // timedelta(days=1))
    if left <= 0:
        return f"ended on {ends:%-d %b %Y}"
    return f"until {ends:%-d %b %Y}, {left:,} day{'s' * (left > 1)} left"


def history_of(request: HttpRequest, application: Application) -> list[Item]:
    return items_about(sight_of(request), "application", application.pk)


def edit(request: HttpRequest, application_id: int) -> HttpResponse:
    application = application_or_404(request, application_id)
    by = actor_of(request)

    def page(application: Application, context: Mapping[str, Any], status: int) -> HttpResponse:
        context = {"application": application, **context}
        return show(request, "console/applications/edit.html", SECTION, context, status=status)

    def done(application: Application) -> HttpResponse:
        tell(request, f"{application.name} is saved")
        return redirect("application", application_id=application.pk)

    editing = Edit(
        form=partial(ApplicationForm, application.tenant),
        values=values,
        act=lambda application, form: update_application(application, by=by, **form.given()),
        page=page,
        done=done,
    )
    return edited(request, application, editing)
