"""Signing up: a developer makes an account, and confirms their address by mail.

The account gets the plans that the link asked for (``choice.py``), else the tenant's default plans,
and an application on each product that gives one at once. Whether anybody may is the tenant's to
say (`signups_enabled`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.applications import services as applications
from tollway.portal.applications.services import ChosenPlans
from tollway.portal.developer.agreeing import Agreement, without_terms
from tollway.portal.developer.choice import Wish, wish_of
from tollway.portal.developer.contracts import offer_of_terms
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show, sign_up_is_open
from tollway.portal.developer.offers import Column, offer_of, offered_plans_of
from tollway.portal.fields import NAME_LENGTH_MAX
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.selectors import (
    default_account_plan_of,
    default_plans_of,
    default_service_plans_of,
    service_plans_of,
)
from tollway.portal.storefront.models import Terms
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import humans
from tollway.portal.web.entry import attempt, visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import (
    NewPasswordField,
    asked_of_newcomers,
    defined_fields,
    email_field,
    for_developers,
    label_as_defined,
    username_field,
    with_extra_fields,
)
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import SIGN_UP, Attempt

_PLANS_SHOWN = 3


class Offered(Struct, frozen=True):
    """What comes with it. ``has_key``: whether an application is made at once.

    ``plans``, each with what it is of: chosen ones of the account and of a subscription, then those
    of the applications.
    """

    plans: tuple[tuple[str, Column], ...]
    has_key: bool
    account_waits: bool
    subscription_waits: bool
    application_waits: bool


class SignUpForm(PageForm):
    """``tenant`` may have defined further fields of its accounts and of their users."""

    org_name = forms.CharField(
        label="Organisation or group",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the name of your organisation."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    username = username_field()
    email = email_field("We send a link to confirm it.")

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        account, user = for_developers(tenant, Target.ACCOUNT), asked_of_newcomers(tenant)
        label_as_defined(self, [*account, *user])
        taken = {*self.fields, "password"}
        self._of_account = defined_fields(account, without=taken)
        self._of_user = defined_fields(user, without={*taken, *self._of_account})
        self.fields |= self._of_account | self._of_user
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))

    def given(self) -> dict[str, Any]:
        """Return what was filled in, as ``applications.services.sign_up`` takes it."""
        values = without_terms(self.cleaned_data)
        filled = {name: value for name, value in values.items() if value}
        given = with_extra_fields(Target.ACCOUNT, filled, self._of_account)
        return with_extra_fields(Target.USER, given, self._of_user)


@sensitive_post_parameters("password")
@once
def form(request: HttpRequest) -> HttpResponse:
    tenant, wish = site_of(request).tenant, wish_of(request)
    if not is_open_for(tenant, wish):
        return show(request, "sign_up_closed", status=403)
    agreement = Agreement(tenant, (Terms.Kind.SIGN_UP,))
    filled = SignUpForm(tenant, request.POST if request.method == "POST" else None)
    agreement.join(filled)
    trial = None
    if filled.is_bound and filled.is_valid():
        refusal = humans.refusal(request)
        if not refusal:
            trial = attempt(request, SIGN_UP, filled.cleaned_data["email"])
            refusal = trial.refusal
        if refusal:
            filled.add_error(None, refusal)
    if filled.is_bound and filled.is_valid() and _sign_up(request, filled, wish, agreement):
        return redirect("developer-signed-up")
    wait = trial if trial is not None and trial.refusal else None
    return _form(request, filled, wish, wait=wait)


@require_safe
def success(request: HttpRequest) -> HttpResponse:
    plan = default_account_plan_of(site_of(request).tenant)
    waits = plan is not None and plan.approval_required
    return show(request, "signed_up", {"waits": waits})


def is_open_for(tenant: Tenant, wish: Wish) -> bool:
    """Say whether one may sign up: there has to be a plan for the account, default or chosen."""
    chosen = tenant.settings.signups_enabled and wish.chosen.account is not None
    return chosen or sign_up_is_open(tenant)


def _sign_up(request: HttpRequest, filled: SignUpForm, wish: Wish, agreement: Agreement) -> bool:
    tenant, by, fields = site_of(request).tenant, visitor(request), filled.given()

    @transaction.atomic
    def act() -> bool:
        made = applications.sign_up(tenant, by=by, chosen=wish.chosen, confirmed=False, **fields)
        agreement.settle(made.user, by=by)
        return True

    return filled.attempt(act) is not None


def _form(
    request: HttpRequest, filled: SignUpForm, wish: Wish, *, wait: Attempt | None = None
) -> HttpResponse:
    context = {
        "fields": shown(filled),
        "errors": tuple(str(error) for error in filled.non_field_errors()),
        "began": humans.began(request),
        "wish": wish.fields,
        "unknown": wish.unknown,
        "offer": _offer(site_of(request).tenant, wish),
        "can_compare": offered_plans_of(site_of(request).tenant).exists(),
    }
    status = 422 if filled.is_bound else 200
    return show(request, "sign_up", context, status=status, wait=wait)


def _offer(tenant: Tenant, wish: Wish) -> Offered:
    """Say what the sign-up brings with it, and what comes after it."""
    account = wish.chosen.account or default_account_plan_of(tenant)
    plans = _first_plans(tenant, wish.chosen)
    applications = tuple((plan.product.name, offer_of(plan)) for plan in plans)
    return Offered(
        plans=(*_chosen_contracts(tenant, wish.chosen), *applications),
        has_key=bool(plans),
        account_waits=account is not None and account.approval_required,
        subscription_waits=_subscription_waits(tenant, wish.chosen),
        application_waits=any(plan.terms.approval_required for plan in plans),
    )


def _chosen_contracts(tenant: Tenant, chosen: ChosenPlans) -> Iterator[tuple[str, Column]]:
    if (account := chosen.account) is not None:
        [column] = offer_of_terms(tenant, [account]).columns
        yield "Your account", column
    if (service := chosen.service) is not None:
        [column] = offer_of_terms(tenant, [service], service.product).columns
        yield f"Subscription to {service.product.name}", column


def _subscription_waits(tenant: Tenant, chosen: ChosenPlans) -> bool:
    """Say whether what was chosen, or an application on it, waits for a subscription."""
    if chosen.service is not None and chosen.service.approval_required:
        return True
    if chosen.application is None:
        return False
    product = chosen.application.product_id
    if chosen.service is not None and chosen.service.product_id == product:
        return False
    services = default_service_plans_of(tenant).filter(product=product)
    return services.filter(approval_required=True).exists()


def _first_plans(tenant: Tenant, chosen: ChosenPlans) -> list[ApplicationPlan]:
    """Return the plans of the applications that a sign-up makes, or the first of them."""
    if chosen.application is not None:
        return [chosen.application]
    if chosen.service is not None:
        services = service_plans_of(tenant).filter(pk=chosen.service.pk)
    else:
        services = default_service_plans_of(tenant)
    products = services.filter(approval_required=False).values("product")
    most = _PLANS_SHOWN if tenant.settings.multiple_applications else 1
    return list(default_plans_of(tenant).filter(product__in=products)[:most])
