"""Plans of accounts, of products and of applications: what their pages have in common, and not.

A page is written once and takes the ``Kind`` that it is about. ``name`` begins the names of its
routes; only plans of applications have limits and prices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.plans import words as said
from tollway.portal.console.plans.words import Words
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import (
    AccountContract,
    AccountPlan,
    ApplicationPlan,
    ServicePlan,
    ServiceSubscription,
)
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_service_plan,
)
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import site_of


class Kind(Struct, frozen=True):
    """``offered`` are the plans that stand in the list, ``every`` are all that have a page.

    ``counted`` are the columns that lead from who is on a plan to the plan.
    """

    name: str
    icon: str
    model: type[AnyPlan]
    words: Words
    offered: Callable[[Tenant], QuerySet[Any]]
    every: Callable[[Tenant], QuerySet[Any]]
    create: Callable[..., AnyPlan]
    counted: tuple[tuple[type[Any], str], ...]
    has_limits: bool = False

    @property
    def plans(self) -> str:
        """Return the name of the list of plans."""
        return f"{self.name}s"

    @property
    def is_of_product(self) -> bool:
        return self.model is not AccountPlan

    def list_url(self, owner: Tenant | Product) -> str:
        return self.url_in(owner, "s")

    def url_in(self, owner: Tenant | Product, what: str) -> str:
        """Return an address below the list of plans: ``what`` ends the name of its route."""
        parts = [owner.pk] if isinstance(owner, Product) else []
        return reverse(f"{self.name}{what}", args=parts)

    def url(self, plan: AnyPlan) -> str:
        return reverse(self.name, args=(plan.pk,))

    def offered_by(self, owner: Tenant | Product) -> QuerySet[Any]:
        return _at(owner, self.offered)

    def every_of(self, owner: Tenant | Product) -> QuerySet[Any]:
        return _at(owner, self.every)

    def with_users(self, plans: QuerySet[Any]) -> QuerySet[Any]:
        """Add ``users``: how many are on each plan, with those who have one made of it."""
        total: Combinable = Value(0)
        for model, column in self.counted:
            rows = model.objects.filter(**{column: OuterRef("pk")}).order_by().values(column)
            total += Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)
        counted: QuerySet[Any] = plans.annotate(users=total)
        return counted

    def user_count(self, plan: AnyPlan) -> int:
        return sum(
            model.objects.filter(tenant=plan.tenant_id, **{column: plan.pk}).count()
            for model, column in self.counted
        )


def _at(owner: Tenant | Product, plans: Callable[[Tenant], QuerySet[Any]]) -> QuerySet[Any]:
    if isinstance(owner, Product):
        return plans(owner.tenant).filter(product=owner)
    return plans(owner)


APPLICATION = Kind(
    name="application-plan",
    icon="receipt",
    model=ApplicationPlan,
    words=said.APPLICATION,
    offered=selectors.application_plans_of,
    every=selectors.any_application_plans_of,
    create=create_application_plan,
    counted=((Application, "plan"), (Application, "plan__parent")),
    has_limits=True,
)
SERVICE = Kind(
    name="service-plan",
    icon="ticket",
    model=ServicePlan,
    words=said.SERVICE,
    offered=selectors.service_plans_of,
    every=selectors.service_plans_of,
    create=create_service_plan,
    counted=((ServiceSubscription, "plan"),),
)
ACCOUNT = Kind(
    name="account-plan",
    icon="id-badge-2",
    model=AccountPlan,
    words=said.ACCOUNT,
    offered=selectors.account_plans_of,
    every=selectors.account_plans_of,
    create=create_account_plan,
    counted=((AccountContract, "plan"),),
)


def owner_of(plan: AnyPlan) -> Tenant | Product:
    """Return whose plan it is."""
    return plan.tenant if isinstance(plan, AccountPlan) else plan.product


def owner_or_404(request: HttpRequest, product_id: int | None) -> Tenant | Product:
    """Return the product that an address names, or else the tenant itself."""
    if product_id is None:
        return site_of(request).tenant
    return product_or_404(request, product_id)


def plan_or_404(request: HttpRequest, kind: Kind, plan_id: int) -> AnyPlan:
    """Return a plan, also one made for a single application, that the user may see."""
    sight = sight_of(request)
    plans = kind.every(sight.tenant)
    seen = sight.within(plans, "product") if kind.is_of_product else plans
    plan: AnyPlan | None = seen.filter(pk=plan_id).first()
    if plan is None:
        raise Http404
    return plan


def application_plan_or_404(request: HttpRequest, plan_id: int) -> ApplicationPlan:
    return cast("ApplicationPlan", plan_or_404(request, APPLICATION, plan_id))


def show_of(
    request: HttpRequest,
    kind: Kind,
    owner: Tenant | Product,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page about plans where they are: at their product, or among the audience."""
    if isinstance(owner, Product):
        section = product_section(request, owner, kind.plans)
    else:
        section = audience_section(kind.plans)
    more = {"kind": kind, "words": kind.words, "list_url": kind.list_url(owner)}
    return show(request, template, section, {**more, **context}, status=status)
