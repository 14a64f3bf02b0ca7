"""The list of plans of a kind, and what is done to one of them as a whole."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.catalog.models import Product
from tollway.portal.console import naming
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans.forms import NAMING, NewPlanForm
from tollway.portal.console.plans.kinds import (
    Kind,
    owner_of,
    owner_or_404,
    plan_or_404,
    show_of,
)
from tollway.portal.plans.services import copy_plan, delete_plan, set_default_plan, update_plan
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell


@require_safe
def index(request: HttpRequest, kind: Kind, product_id: int | None = None) -> HttpResponse:
    owner = owner_or_404(request, product_id)
    plans = kind.offered_by(owner)
    listing = listed(
        request,
        kind.with_users(plans),
        sorts={
            "position": "position",
            "name": Lower("name"),
            "users": "users",
            "cost": "cost_per_month",
        },
        default="position",
        search=lambda rows, text: rows.filter(
            Q(name__icontains=text) | Q(system_name__icontains=text)
        ),
    )
    context = {
        "listing": listing,
        "plans": list(plans.order_by("position", "id")),
        "whose": f" of {owner.name}" if isinstance(owner, Product) else "",
        "new_url": kind.url_in(owner, "-new"),
        "default_url": kind.url_in(owner, "-default"),
    }
    return show_of(request, kind, owner, "console/plans/index.html", context)


@once
def new(request: HttpRequest, kind: Kind, product_id: int | None = None) -> HttpResponse:
    owner = owner_or_404(request, product_id)
    sent = request.POST if request.method == "POST" else None
    form = NewPlanForm(kind.words, kind.url_in(owner, "-suggest"), sent)
    if request.method != "POST":
        return _form(request, kind, owner, form)
    plan = None
    if form.is_valid():
        plan = form.attempt(lambda: kind.create(owner, by=actor_of(request), **form.cleaned_data))
    if plan is None:
        return _form(request, kind, owner, form, status=422)
    tell(request, f"{plan.name} is there", "Hidden: developers see it once you publish it.")
    return HttpResponseRedirect(kind.url(plan))


def _form(
    request: HttpRequest,
    kind: Kind,
    owner: Tenant | Product,
    form: NewPlanForm,
    *,
    status: int = 200,
) -> HttpResponse:
    return show_of(request, kind, owner, "console/plans/new.html", {"form": form}, status=status)


@require_safe
def suggest(request: HttpRequest, kind: Kind, product_id: int | None = None) -> HttpResponse:
    owner = owner_or_404(request, product_id)
    return naming.suggest(request, NAMING, kind.every_of(owner), "name")


@require_POST
def choose_default(request: HttpRequest, kind: Kind, product_id: int | None = None) -> HttpResponse:
    """Set which plan they get who do not choose; an empty choice: none."""
    owner = owner_or_404(request, product_id)
    chosen = request.POST.get("plan", "")
    plans = kind.offered_by(owner)
    old = plans.filter(is_default=True).first()
    plan = plans.filter(pk=chosen_id(chosen)).first()
    if chosen and plan is None:
        tell(request, "Nothing was changed", "This plan is gone.")
        return HttpResponseRedirect(kind.list_url(owner))
    set_default_plan(owner, plan, by=actor_of(request), kind=kind.model)
    if plan != old:
        text = f"{plan.name} is the default plan" if plan else "There is no default plan now"
        detail = kind.words.default if plan else kind.words.no_default
        tell(request, text, detail, undo=request.path, plan=str(old.pk) if old else "")
    return HttpResponseRedirect(kind.list_url(owner))


@require_POST
def publish(request: HttpRequest, kind: Kind, plan_id: int) -> HttpResponse:
    """Publish a plan, or hide it: ``published`` is "1" or ""."""
    plan = plan_or_404(request, kind, plan_id)
    published = bool(request.POST.get("published"))
    try:
        update_plan(plan, by=actor_of(request), published=published)
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
        return _back(request, kind, plan)
    text = f"{plan.name} is {'published' if published else 'hidden'}"
    users = kind.words.users.capitalize()
    detail = (
        "Developers can choose it."
        if published
        else f"Nobody new can choose it. {users} on it go on as before."
    )
    tell(request, text, detail, undo=request.path, published="" if published else "1")
    return _back(request, kind, plan)


def _back(request: HttpRequest, kind: Kind, plan: AnyPlan) -> HttpResponse:
    """Return to the list if that is where the button was, else to the plan."""
    in_list = request.POST.get("from") == "list"
    return HttpResponseRedirect(kind.list_url(owner_of(plan)) if in_list else kind.url(plan))


@once
@require_POST
def copy(request: HttpRequest, kind: Kind, plan_id: int) -> HttpResponse:
    plan = plan_or_404(request, kind, plan_id)
    made = copy_plan(plan, by=actor_of(request))
    tell(request, f"{made.name} is there", "It sets the same, and is hidden until you publish it.")
    return HttpResponseRedirect(kind.url(made))


@require_POST
def delete(request: HttpRequest, kind: Kind, plan_id: int) -> HttpResponse:
    """Remove a plan that nobody is on."""
    plan = plan_or_404(request, kind, plan_id)
    owner, url, name = owner_of(plan), kind.url(plan), plan.terms.name
    try:
        delete_plan(plan, by=actor_of(request))
    except ValidationError:
        advice = f"It has {kind.words.users}. Move them to another plan first."
        tell(request, f"{name} was not deleted", advice)
        return HttpResponseRedirect(url)
    tell(request, f"{name} is deleted")
    return HttpResponseRedirect(kind.list_url(owner))
