"""A subscription's page: an account, a product, a plan; its state, and what hangs on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts.models import Account
from tollway.portal.applications.services import change_subscription_state, unsubscribe
from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.applications.finding import applications_for
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.contracts.finding import (
    service_plans_for,
    subscription_or_404,
    subscriptions_for,
)
from tollway.portal.console.contracts.index import LIST
from tollway.portal.console.dashboard.recent import items_about
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import (
    SUBSCRIPTION_MOVES,
    change_service_plan,
    subscribe,
    wish_for,
)
from tollway.portal.web.forms import PageForm, chosen_id, typed
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

SHOWN_MAX = 10  # applications; the rest is in their list
SAID = {
    "accept": "The account can have applications of {product}.",
    "suspend": "No new applications of {product}. Those that are there go on.",
    "resume": "The account can have applications of {product} again.",
}
DONE = {"accept": "is approved", "suspend": "is suspended", "resume": "is live again"}
BACK = {"suspend": "resume", "resume": "suspend"}


class NewSubscriptionForm(PageForm):
    """``plans`` are of the products that the account does not subscribe to yet."""

    plan = forms.ModelChoiceField(
        label="Product and plan",
        queryset=ServicePlan.objects.none(),
        empty_label=None,
        error_messages={
            "required": "Choose a plan.",
            "invalid_choice": "This plan cannot be chosen any more. Choose another.",
        },
    )

    def __init__(self, plans: QuerySet[ServicePlan], *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        field = self.fields["plan"]
        field.queryset = plans  # type: ignore[attr-defined]
        field.label_from_instance = _label  # type: ignore[attr-defined]


def _label(plan: ServicePlan) -> str:
    approval = ", waits for approval" if plan.approval_required else ""
    return f"{plan.product.name}: {plan.name}{approval}"


@once
def new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Subscribe an account to one more product."""
    account = account_or_404(request, account_id)
    taken = subscriptions_for(request).filter(account=account).order_by().values("product")
    plans = service_plans_for(request).exclude(product__in=taken)
    form = NewSubscriptionForm(plans, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, account, form)
    made = None
    if form.is_valid():
        plan = form.cleaned_data["plan"]
        made = form.attempt(lambda: subscribe(account, plan, by=actor_of(request)))
    if made is None:
        return _form(request, account, form, status=422)
    text = f"{account.org_name} is subscribed to {made.product.name}"
    tell(request, text, "It waits for your approval." if made.state == "pending" else "")
    return redirect("subscription", subscription_id=made.pk)


def _form(
    request: HttpRequest, account: Account, form: NewSubscriptionForm, *, status: int = 200
) -> HttpResponse:
    field = form.fields["plan"]
    context = {
        "account": account,
        "form": form,
        "possible": field.queryset.exists(),  # type: ignore[attr-defined]
    }
    section = audience_section("accounts")
    return show(request, "console/contracts/new.html", section, context, status=status)


@require_safe
def index(request: HttpRequest, subscription_id: int) -> HttpResponse:
    return _page(request, subscription_or_404(request, subscription_id), {})


def _page(
    request: HttpRequest,
    subscription: ServiceSubscription,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    sight = sight_of(request)
    plans = service_plans_for(request).filter(product=subscription.product_id)
    applications = applications_for(request).filter(
        account=subscription.account_id, product=subscription.product_id
    )
    shown = {
        "subscription": subscription,
        "account": subscription.account,
        "plan": subscription.plan,
        "other_plans": list(plans.exclude(pk=subscription.plan_id)),
        "applications": list(applications.order_by("-id")[:SHOWN_MAX]),
        "application_count": applications.count(),
        "sees_plans": sight.setup,
        "wish": wish_for("service_subscription", subscription),
        "history": items_about(sight, "service_subscription", subscription.pk),
    }
    template, section = "console/contracts/subscription.html", audience_section(LIST)
    return show(request, template, section, {**shown, **context}, status=status)


@require_POST
def move(request: HttpRequest, subscription_id: int, event: str) -> HttpResponse:
    """Do one of ``SUBSCRIPTION_MOVES``."""
    if event not in SUBSCRIPTION_MOVES:
        raise Http404
    subscription = subscription_or_404(request, subscription_id)
    name = _name(subscription)
    try:
        change_subscription_state(subscription, event, by=actor_of(request))
    except ValidationError:
        state = subscription.get_state_display().lower()
        tell(request, "Nothing was changed", f"{name} is {state} now.")
        return redirect(_next(request, subscription))
    undo = {}
    if event in BACK:
        undo = {"undo": reverse("subscription-state", args=[subscription.pk, BACK[event]])}
    detail = SAID[event].format(product=subscription.product.name)
    tell(request, f"{name} {DONE[event]}", detail, **undo)
    return redirect(_next(request, subscription))


def _name(subscription: ServiceSubscription) -> str:
    return f"{subscription.account.org_name}'s subscription to {subscription.product.name}"


def _next(request: HttpRequest, subscription: ServiceSubscription) -> str:
    """Return the list that the button stands in, as it was, or else the subscription's page."""
    wanted = request.POST.get("next", "")
    lists = (
        reverse(LIST),
        reverse("account-subscriptions", args=[subscription.account_id]),
        reverse("product-subscriptions", args=[subscription.product_id]),
    )
    if any(wanted == each or wanted.startswith(f"{each}?") for each in lists):
        return wanted
    return reverse("subscription", args=[subscription.pk])


@require_POST
def change_plan(request: HttpRequest, subscription_id: int) -> HttpResponse:
    subscription = subscription_or_404(request, subscription_id)
    chosen = chosen_id(request.POST.get("plan", ""))
    plans = service_plans_for(request).filter(product=subscription.product_id)
    plan = plans.filter(pk=chosen).first()
    old = subscription.plan_id
    if plan is None:
        tell(request, "Nothing was changed", "This plan is gone.")
    elif plan.pk != old:
        change_service_plan(subscription, plan, by=actor_of(request))
        tell(
            request,
            f"{subscription.account.org_name} is on {plan.name}",
            undo=request.path,
            plan=str(old),
        )
    return redirect("subscription", subscription_id=subscription.pk)


@require_POST
def delete(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """End a subscription. With applications that go with it, the account's name has to be typed."""
    subscription = subscriptions_for(request).filter(pk=subscription_id).first()
    if subscription is None:  # gone already, as was wanted
        return redirect(LIST)
    account, product = subscription.account, subscription.product
    with transaction.atomic():
        lost = applications_for(request).filter(account=account, product=product).count()
        if lost and not typed(request, account.org_name):
            refusal = f"Nothing was deleted: type {account.org_name} to confirm."
            return _page(request, subscription, {"refusal": refusal}, status=422)
        unsubscribe(subscription, by=actor_of(request))
    applications = f"{lost:,} application{'' if lost == 1 else 's'} went with it."
    text = f"{account.org_name} is not subscribed to {product.name} any more"
    tell(request, text, applications if lost else "")
    return redirect(LIST)
