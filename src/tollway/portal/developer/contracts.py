"""What service plans and account plans offer, and which products an account may subscribe to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.core.money import money
from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import products_of
from tollway.portal.developer import changing
from tollway.portal.developer.changing import (
    Difference,
    Holder,
    Move,
    asked_plan,
    feature_differences,
    term_differences,
)
from tollway.portal.developer.offers import (
    Column,
    Line,
    Offer,
    Part,
    monthly,
    offered_service_plans_of,
    terms_lines,
    tick,
)
from tollway.portal.plans.models import AccountPlan, ServicePlan
from tollway.portal.plans.selectors import features_of, subscriptions_of
from tollway.portal.tenants.models import Tenant

ContractPlan = AccountPlan | ServicePlan
P = TypeVar("P", AccountPlan, ServicePlan)


class Contract(Struct, Generic[P], frozen=True):
    """A contract whose plan may be another of ``plans``: of ``product``, or of the account.

    ``asked``: the plan that was asked for already, "" for none.
    """

    plan: P
    plans: QuerySet[P]
    asked: str
    change: Callable[[P], object]
    ask: Callable[[P], bool]
    product: Product | None = None


def subscribable(tenant: Tenant, account: Account) -> QuerySet[Product]:
    """Return the products that an account may subscribe to by itself: none while that is off."""
    if not tenant.settings.service_plans_ui_visible:
        return products_of(tenant).none()
    of_product = {"product": OuterRef("pk")}
    subscriptions = subscriptions_of(tenant, account).filter(**of_product).order_by()
    plans = offered_service_plans_of(tenant).filter(**of_product).order_by()
    return products_of(tenant).filter(Exists(plans), ~Exists(subscriptions)).exclude(
        state=Product.State.DEPRECATED
    )  # fmt: skip


def offer_of_terms(
    tenant: Tenant, plans: Sequence[ContractPlan], product: Product | None = None
) -> Offer:
    """Return plans side by side: service plans of ``product``, or without it account plans."""
    had = _features_by_plan(tenant, plans)
    kind = ServicePlan.kind if product else AccountPlan.kind
    names = features_of(tenant, product).filter(scope=kind, visible=True)
    features = [
        Line(name, tuple(tick(name in had[plan.pk]) for plan in plans))
        for name in names.values_list("name", flat=True)
    ]
    terms = terms_lines(plans, tenant.currency)
    parts = (Part("Features", tuple(features)), Part("Terms", tuple(terms)))
    return Offer(
        product_id=product.pk if product else 0,
        product=product.name if product else "accounts",
        description=product.description if product else "",
        columns=tuple(_column(plan, had[plan.pk], tenant.currency) for plan in plans),
        parts=tuple(part for part in parts if part.lines),
    )


def move(request: HttpRequest, holder: Holder, contract: Contract[P]) -> HttpResponse:
    """Show the plans, or what one of them (`plan`) would mean; a POST changes or asks."""
    chosen = asked_plan(request)
    if chosen is None:
        offer = offer_of_terms(contract.plan.tenant, list(contract.plans), contract.product)
        return changing.choose(request, holder, offer, asked=contract.asked)
    plan = contract.plans.filter(pk=chosen).first()
    if plan is None:
        raise Http404
    if plan.pk == contract.plan.pk:  # the form was sent twice
        return redirect(holder.home)
    if request.method != "POST":
        changed = differences(contract.plan, plan)
        found = Move(plan.pk, plan.name, changed, counts=False, drops_own=False)
        return changing.confirm(request, holder, found)
    return changing.settle(
        request,
        holder,
        plan.name,
        change=lambda: contract.change(plan),
        ask=lambda: contract.ask(plan),
    )


def _column(plan: ContractPlan, ticks: Sequence[str], currency: str) -> Column:
    terms = plan.terms
    return Column(
        id=plan.pk,
        name=terms.name,
        price=monthly(terms, currency),
        is_free=terms.is_free,
        setup_fee=money(currency, terms.setup_fee) if terms.setup_fee else "",
        approval=terms.approval_required,
        ticks=tuple(ticks),
    )


def differences(old: ContractPlan, new: ContractPlan) -> tuple[Difference, ...]:
    """Return what another plan changes: price, fees, notice, features."""
    return (
        *term_differences(old.terms, new.terms, new.tenant.currency),
        *feature_differences(_features(old), _features(new)),
    )


def _features(plan: ContractPlan) -> list[str]:
    return _features_by_plan(plan.tenant, [plan])[plan.pk]


def _features_by_plan(tenant: Tenant, plans: Sequence[ContractPlan]) -> dict[int, list[str]]:
    """Return the names of what plans of one kind show, by plan id: one query for all of them."""
    had: dict[int, list[str]] = {plan.pk: [] for plan in plans}
    for kind in {type(plan) for plan in plans}:
        shown = kind.objects.filter(
            tenant=tenant, pk__in=had, featurings__feature__visible=True
        ).order_by("featurings__feature")
        for pk, name in shown.values_list("pk", "featurings__feature__name"):
            had[pk].append(name)
    return had
