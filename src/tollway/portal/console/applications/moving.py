"""Another plan for an application: what changes by it is shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from msgspec import Struct

from tollway.core.periods import per
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_plan, customize_plan, decustomize_plan
from tollway.portal.console.applications.finding import application_or_404
from tollway.portal.console.applications.page import SECTION
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.standing.effects import used_now
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.toasts import tell


class Difference(Struct, frozen=True):
    """A limit that the two plans do not agree on; "" is none. ``used``: None is not known."""

    name: str
    now: str
    then: str
    used: int | None
    refuses: bool


def change(request: HttpRequest, application_id: int) -> HttpResponse:
    """Ask, with what it means, whether the application shall move; a POST moves it."""
    application = application_or_404(request, application_id)
    sent = request.POST if request.method == "POST" else request.GET
    plan = _plan(application, sent.get("plan", ""))
    if request.method != "POST":
        context = {
            "application": application,
            "plan": plan,
            "now": application.plan.terms,
            "then": plan.terms,
            "differences": differences(application, plan),
        }
        return show(request, "console/applications/move.html", SECTION, context)
    old = application.plan
    try:
        change_plan(application, plan, by=actor_of(request))
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
    else:
        undo = {} if old.is_custom else {"undo": request.path, "plan": str(old.pk)}
        tell(
            request,
            f"{application.name} is on {plan.name}",
            "It holds from the next call. What was used in the current periods counts.",
            **undo,
        )
    return redirect("application", application_id=application.pk)


def _plan(application: Application, pk: str) -> ApplicationPlan:
    plans = selectors.application_plans_of(application.tenant, application.product)
    plan = plans.filter(pk=chosen_id(pk)).first()
    if plan is None:
        raise Http404
    return plan


def differences(application: Application, plan: ApplicationPlan) -> Sequence[Difference]:
    """Return where limits differ, with what is used of them now."""
    tenant = application.tenant
    now = {_place(each): each for each in selectors.limits_of(tenant, application.plan)}
    then = {_place(each): each for each in selectors.limits_of(tenant, plan)}
    places = [
        place for place in dict.fromkeys([*now, *then]) if _value(now, place) != _value(then, place)
    ]
    used = used_now(application, {metric for metric, _ in places})
    return [_difference(place, now, then, used) for place in places]


Place = tuple[int, str]
"""A metric's id and a period."""


def _place(limit: UsageLimit) -> Place:
    return limit.metric_id, limit.period


def _value(limits: dict[Place, UsageLimit], place: Place) -> int | None:
    return limits[place].value if place in limits else None


def _difference(
    place: Place,
    now: dict[Place, UsageLimit],
    then: dict[Place, UsageLimit],
    used: dict[Place, int] | None,
) -> Difference:
    metric = (now.get(place) or then[place]).metric
    value = _value(then, place)
    spent = None if used is None else used.get(place, 0)
    return Difference(
        f"{metric.full_name} {per(place[1])}",
        _words(_value(now, place)),
        _words(value),
        spent,
        refuses=value is not None and (value == 0 or (spent is not None and spent >= value)),
    )


def _words(value: int | None) -> str:
    if value is None:
        return "no limit"
    return f"{value:,}" if value else "off"


@require_POST
def customize(request: HttpRequest, application_id: int) -> HttpResponse:
    """Give the application a plan of its own, and lead to it."""
    application = application_or_404(request, application_id)
    plan = customize_plan(application, by=actor_of(request))
    tell(
        request,
        f"{application.name} has a plan of its own",
        "It follows the plan it was made of, except in what you change here.",
    )
    if sight_of(request).setup:
        return redirect("application-plan", plan_id=plan.pk)
    return redirect("application", application_id=application.pk)


@require_POST
def decustomize(request: HttpRequest, application_id: int) -> HttpResponse:
    application = application_or_404(request, application_id)
    plan = decustomize_plan(application, by=actor_of(request))
    tell(request, f"{application.name} is on {plan.name} again", "Its own plan is gone.")
    return redirect("application", application_id=application.pk)
