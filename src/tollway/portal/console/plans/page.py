"""A plan's page: its features, its terms and who is on it; of applications, what it limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from msgspec import Struct

from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans.features import features_for
from tollway.portal.console.plans.forms import PlanForm, values
from tollway.portal.console.plans.kinds import Kind, owner_of, plan_or_404, show_of
from tollway.portal.console.plans.limits import limits
from tollway.portal.console.plans.users import users
from tollway.portal.console.saving import save, was
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, Feature
from tollway.portal.plans.services import update_plan
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import tell

LIMITS, FEATURES, DETAILS = "limits", "features", "details"


class Included(Struct, frozen=True):
    feature: Feature
    is_in: bool

    @property
    def name(self) -> str:
        """Name the question before it is deleted, on the page."""
        return f"delete-feature-{self.feature.pk}"


def edit(request: HttpRequest, kind: Kind, plan_id: int) -> HttpResponse:
    """Show a tab of the plan; a POST saves its terms."""
    plan = plan_or_404(request, kind, plan_id)
    if request.method == "POST":
        return _save(request, kind, plan)
    made = _contents(kind)
    asked = request.GET.get("tab", "")
    tab = asked if asked in made else next(iter(made))
    return _page(request, kind, plan, tab, made[tab](request, plan))


def _contents(kind: Kind) -> Mapping[str, Callable[[HttpRequest, Any], dict[str, Any]]]:
    """Return what makes the contents of each tab, the first first."""
    first = {LIMITS: limits} if kind.has_limits else {}
    return {
        **first,
        FEATURES: _features,
        DETAILS: lambda request, plan: _details(request, kind, plan),
        kind.words.users: users,
    }


def _save(request: HttpRequest, kind: Kind, plan: AnyPlan) -> HttpResponse:
    form = PlanForm(kind.words, request.POST)
    outcome = save(
        request,
        form,
        plan,
        lambda: update_plan(plan, by=actor_of(request), **form.cleaned_data),
        values=values,
        kind=plan.kind,
    )
    if not outcome.saved:
        plan = plan_or_404(request, kind, plan.pk)
        context = {
            "form": form,
            "clash": outcome.clash,
            "was": was(request, values(plan), outcome.clash),
        }
        return _page(request, kind, plan, DETAILS, context, status=outcome.status)
    tell(request, f"{plan.terms.name} is saved", "New fees hold from now on.")
    return HttpResponseRedirect(f"{kind.url(plan)}?tab={DETAILS}")


def _page(
    request: HttpRequest,
    kind: Kind,
    plan: AnyPlan,
    tab: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    count = kind.user_count(plan)
    more = {
        "plan": plan,
        "terms": plan.terms,
        "is_custom": isinstance(plan, ApplicationPlan) and plan.is_custom,
        "tab": tab,
        "tabs": _tabs(kind, plan, tab, count),
        "users": count,
        "audience": sight_of(request).audience,
    }
    context = {**more, **context}
    return show_of(request, kind, owner_of(plan), "console/plans/plan.html", context, status=status)


def _tabs(kind: Kind, plan: AnyPlan, tab: str, users: int) -> list[Tab]:
    url, features = kind.url(plan), selectors.plan_features_of(plan.tenant, plan).count()
    titles = {LIMITS: "Limits and prices", kind.words.users: kind.words.users.capitalize()}
    counts = {FEATURES: features, kind.words.users: users}
    return [
        Tab(
            titles.get(name, name.capitalize()),
            f"{url}?tab={name}" if number else url,
            is_current=name == tab,
            count=counts.get(name),
        )
        for number, name in enumerate(_contents(kind))
    ]


def _features(_: HttpRequest, plan: AnyPlan) -> dict[str, Any]:
    included = set(selectors.plan_features_of(plan.tenant, plan).values_list("pk", flat=True))
    return {"features": [Included(each, each.pk in included) for each in features_for(plan)]}


def _details(request: HttpRequest, kind: Kind, plan: AnyPlan) -> dict[str, Any]:
    form = PlanForm(kind.words, initial=values(plan))
    return {"form": form, "was": was(request, values(plan))}
