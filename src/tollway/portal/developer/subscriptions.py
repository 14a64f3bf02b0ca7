"""Which APIs an account subscribes to, and on what terms: the pages of those who use the switch.

An application needs a live subscription to its product. While `service_plans_ui_visible` is off,
these pages are not there, and accounts are subscribed on the default service plans unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of, may_have_another
from tollway.portal.applications.services import unsubscribe
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import products_of
from tollway.portal.developer import contracts
from tollway.portal.developer.changing import AT_ONCE, MAY, Holder
from tollway.portal.developer.contracts import Contract, offer_of_terms, subscribable
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.making import products_for
from tollway.portal.developer.offers import Column, offered_service_plans_of
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.developer.showing import TONES, Summary, summary_of
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.selectors import subscriptions_of
from tollway.portal.plans.services import (
    change_service_plan,
    request_service_plan,
    wish_for,
)
from tollway.portal.web.forms import typed
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

View = Callable[..., HttpResponse]

ITEM = "developer-services"
SHOWN_MAX = 10  # applications; the rest is in their list
_STATES = ServiceSubscription.State


class Subscribed(Struct, frozen=True):
    """A subscription, plainly. ``tone`` colours its state; times are seconds since the epoch."""

    id: int
    plan: str
    state: str
    tone: str
    since: int
    trial_until: int


class Service(Struct, frozen=True):
    """A product that may be subscribed to, or is: ``mine`` says how."""

    id: int
    name: str
    description: str
    mine: Subscribed | None


def switched(view: View) -> View:
    """Answer as if it were not there where the organisation does not use subscriptions."""

    @wraps(view)
    def guard(request: HttpRequest, **parts: Any) -> HttpResponse:  # noqa: ANN401  (of the route)
        if not site_of(request).tenant.settings.service_plans_ui_visible:
            raise Http404
        return view(request, **parts)

    return guard


@require_safe
@switched
def index(request: HttpRequest) -> HttpResponse:
    """List what one may subscribe to, and what one does."""
    tenant, account = site_of(request).tenant, developer_of(request).account
    mine = mine_of(request)
    found = products_of(tenant).filter(
        Q(pk__in=subscribable(tenant, account).values("pk"))
        | Q(pk__in=mine.order_by().values("product"))
    )
    listing = listed(
        request,
        found,
        sorts={"name": "name"},
        default="name",
        search=lambda rows, text: rows.filter(name__icontains=text),
    )
    on_page = mine.filter(product__in=[product.pk for product in listing.page.object_list])
    by_product = {each.product_id: _subscribed(each) for each in on_page}
    services = plain(listing, lambda product: _service(product, by_product.get(product.pk)))
    return show(request, "services", {"services": services}, item=ITEM)


@require_safe
@switched
def detail(request: HttpRequest, subscription_id: int) -> HttpResponse:
    return _page(request, _subscription_or_404(request, subscription_id))


@switched
def move(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """Show the plans, or what one of them (`plan`) would mean; a POST changes or asks."""
    subscription = _subscription_or_404(request, subscription_id)
    offered, by = offered_service_plans_of(subscription.tenant), actor_of(request)
    choice = Contract(
        plan=subscription.plan,
        plans=offered.filter(product=subscription.product_id),
        asked=_asked_for(subscription),
        change=lambda plan: change_service_plan(subscription, plan, by=by),
        ask=lambda plan: request_service_plan(subscription, plan, by=by),
        product=subscription.product,
    )
    return contracts.move(request, _holder(subscription), choice)


@require_POST
@switched
def leave(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """End a subscription. Its applications go with it: then the API's name has to be typed."""
    with transaction.atomic():
        subscription = _subscription_or_404(request, subscription_id)
        applications = _applications(subscription).count()
        if not _may_leave(subscription):
            raise Http404
        name = subscription.product.name
        if applications and not typed(request, name):
            tell(request, "Nothing was ended", "The name that was typed is another one.")
            return redirect("developer-subscription", subscription_id=subscription.pk)
        unsubscribe(subscription, by=actor_of(request))
    said = "The keys of its applications are refused from now on." if applications else ""
    tell(request, f"You are not subscribed to {name} any more", said)
    return redirect(ITEM)


def mine_of(request: HttpRequest) -> QuerySet[ServiceSubscription]:
    return subscriptions_of(site_of(request).tenant, developer_of(request).account)


def _subscription_or_404(request: HttpRequest, pk: int) -> ServiceSubscription:
    found = mine_of(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def lines_of(column: Column, plan: ServicePlan) -> tuple[tuple[str, str], ...]:
    """Return what the plan costs and takes, in words."""
    days = plan.trial_period_days
    notice = plan.cancellation_period
    lines = (
        ("A month", column.price),
        ("Setup fee, once", column.setup_fee),
        ("Free trial", f"{days:,} days" if days else ""),
        ("Notice", f"{notice:,} days" if notice else ""),
    )
    return tuple(line for line in lines if line[1])


def _page(request: HttpRequest, subscription: ServiceSubscription) -> HttpResponse:
    tenant, account, product = subscription.tenant, subscription.account, subscription.product
    applications = _applications(subscription)
    count = applications.count()
    offer = offer_of_terms(tenant, [subscription.plan], product)
    makes = products_for(tenant, account).filter(pk=product.pk).exists()
    context = {
        "service": _service(product, _subscribed(subscription)),
        "column": offer.columns[0],
        "lines": lines_of(offer.columns[0], subscription.plan),
        "applications": tuple(_summaries(applications)),
        "count": count,
        "may_make": makes and may_have_another(tenant, account),
        "may_move": _may_move(subscription),
        "may_leave": _may_leave(subscription),
        "asked": _asked_for(subscription),
    }
    return show(request, "subscription", context, item=ITEM)


def _applications(subscription: ServiceSubscription) -> QuerySet[Application]:
    mine = applications_of(subscription.tenant, subscription.account)
    return mine.filter(product=subscription.product_id)


def _summaries(applications: QuerySet[Application]) -> list[Summary]:
    return [summary_of(each) for each in applications.order_by("-id")[:SHOWN_MAX]]


def _service(product: Product, mine: Subscribed | None) -> Service:
    return Service(product.pk, product.name, product.description, mine)


def _subscribed(subscription: ServiceSubscription) -> Subscribed:
    state, ends = subscription.state, subscription.trial_period_expires_at
    return Subscribed(
        id=subscription.pk,
        plan=subscription.plan.name,
        state=str(_STATES(state).label),
        tone=TONES[state],
        since=int(subscription.created_at.timestamp()),
        trial_until=int(ends.timestamp()) if ends else 0,
    )


def _may_move(subscription: ServiceSubscription) -> str:
    """Return what may be done about the plan of this subscription now, "" for nothing."""
    if subscription.state == _STATES.SUSPENDED:
        return ""
    return MAY.get(subscription.tenant.settings.change_service_plan_permission, "")


def _may_leave(subscription: ServiceSubscription) -> bool:
    """Say whether the account may end it: not out of a suspension, to begin anew.

    Applications go with it, so it takes a product whose developers may delete them, and none that
    is suspended itself.
    """
    if subscription.state == _STATES.SUSPENDED:
        return False
    states = set(_applications(subscription).order_by().values_list("state", flat=True).distinct())
    may_delete = subscription.product.buyers_manage_apps
    return not states or (may_delete and Application.State.SUSPENDED not in states)


def _asked_for(subscription: ServiceSubscription) -> str:
    wish = wish_for("service_subscription", subscription)
    return str(wish.after.get("plan", "")) if wish is not None else ""


def _holder(subscription: ServiceSubscription) -> Holder:
    return Holder(
        name=subscription.product.name,
        plan=subscription.plan.name,
        plan_id=subscription.plan_id,
        home=reverse("developer-subscription", args=[subscription.pk]),
        item=ITEM,
        may=_may_move(subscription),
        holds=AT_ONCE,
        contact=subscription.product.contact_email,
    )
