"""The list of a product's application plans, and what is done to one of them as a whole."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.console import naming
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.plans.forms import NAMING, NewPlanForm
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import (
    copy_plan,
    create_application_plan,
    delete_plan,
    set_default_plan,
    update_plan,
)
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

LIST = "application-plans"


def plan_or_404(request: HttpRequest, plan_id: int) -> ApplicationPlan:
    """Return a plan, also one made for a single application, of a product the user may see."""
    sight = sight_of(request)
    plans = sight.within(selectors.any_application_plans_of(sight.tenant), "product")
    plan = plans.filter(pk=plan_id).first()
    if plan is None:
        raise Http404
    return plan


def with_applications(plans: QuerySet[ApplicationPlan]) -> QuerySet[ApplicationPlan]:
    """Add ``users``: the applications on each plan and, each with its own, on plans made of it."""
    direct = _count(Application.objects.filter(plan=OuterRef("pk")), "plan")
    custom = _count(ApplicationPlan.objects.filter(parent=OuterRef("pk")), "parent")
    return plans.annotate(users=Coalesce(direct, 0) + Coalesce(custom, 0))


def _count(rows: QuerySet[Any], by: str) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n"))


@require_safe
def index(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    tenant = site_of(request).tenant
    plans = selectors.application_plans_of(tenant, product)
    listing = listed(
        request,
        with_applications(plans),
        sorts={
            "position": "position",
            "name": Lower("name"),
            "applications": "users",
            "cost": "cost_per_month",
        },
        default="position",
        search=lambda rows, text: rows.filter(
            Q(name__icontains=text) | Q(system_name__icontains=text)
        ),
    )
    context = {"product": product, "listing": listing, "plans": list(plans.order_by("position"))}
    return show(
        request, "console/plans/index.html", product_section(request, product, LIST), context
    )


@once
def new(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    form = NewPlanForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, product, form)
    plan = None
    if form.is_valid():
        plan = form.attempt(
            lambda: create_application_plan(product, by=actor_of(request), **form.cleaned_data)
        )
    if plan is None:
        return _form(request, product, form, status=422)
    tell(request, f"{plan.name} is there", "Hidden: developers see it once you publish it.")
    return redirect("application-plan", plan_id=plan.pk)


def _form(
    request: HttpRequest, product: Product, form: NewPlanForm, *, status: int = 200
) -> HttpResponse:
    section = product_section(request, product, LIST)
    context = {"product": product, "form": form}
    return show(request, "console/plans/new.html", section, context, status=status)


@require_safe
def suggest(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    others = selectors.any_application_plans_of(product.tenant, product)
    return naming.suggest(request, NAMING, others, "name")


@require_POST
def choose_default(request: HttpRequest, product_id: int) -> HttpResponse:
    """Set which plan new applications get that do not choose; an empty choice: none."""
    product = product_or_404(request, product_id)
    chosen = request.POST.get("plan", "")
    plans = selectors.application_plans_of(product.tenant, product)
    old = plans.filter(is_default=True).first()
    plan = plans.filter(pk=chosen_id(chosen)).first()
    if chosen and plan is None:
        tell(request, "Nothing was changed", "This plan is gone.")
        return redirect(LIST, product_id=product.pk)
    set_default_plan(product, plan, by=actor_of(request))
    if plan != old:
        text = f"{plan.name} is the default plan" if plan else "There is no default plan now"
        detail = (
            "Developers who sign up get an application on it."
            if plan
            else "Developers who sign up get no application by themselves."
        )
        tell(request, text, detail, undo=request.path, plan=str(old.pk) if old else "")
    return redirect(LIST, product_id=product.pk)


@require_POST
def publish(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Publish a plan, or hide it: ``published`` is "1" or ""."""
    plan = plan_or_404(request, plan_id)
    published = bool(request.POST.get("published"))
    try:
        update_plan(plan, by=actor_of(request), published=published)
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
        return _back(request, plan)
    text = f"{plan.name} is {'published' if published else 'hidden'}"
    detail = (
        "Developers can choose it."
        if published
        else "Nobody new can choose it. Applications on it go on as before."
    )
    tell(request, text, detail, undo=request.path, published="" if published else "1")
    return _back(request, plan)


def _back(request: HttpRequest, plan: ApplicationPlan) -> HttpResponse:
    """Return to the list if that is where the button was, else to the plan."""
    if request.POST.get("from") == "list":
        return redirect(LIST, product_id=plan.product_id)
    return redirect("application-plan", plan_id=plan.pk)


@once
@require_POST
def copy(request: HttpRequest, plan_id: int) -> HttpResponse:
    plan = plan_or_404(request, plan_id)
    made = copy_plan(plan, by=actor_of(request))
    tell(request, f"{made.name} is there", "It sets the same, and is hidden until you publish it.")
    return redirect("application-plan", plan_id=made.pk)


@require_POST
def delete(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Remove a plan that nobody is on."""
    plan = plan_or_404(request, plan_id)
    product_id, name = plan.product_id, plan.terms.name
    try:
        delete_plan(plan, by=actor_of(request))
    except ValidationError:
        advice = "It has applications. Move them to another plan first."
        tell(request, f"{name} was not deleted", advice)
        return redirect("application-plan", plan_id=plan_id)
    tell(request, f"{name} is deleted")
    return redirect(LIST, product_id=product_id)
