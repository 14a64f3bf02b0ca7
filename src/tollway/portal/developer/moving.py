"""Another plan for an application: what it means, and doing it or asking for it.

What developers may do is the product's to say (`buyer_plan_change_permission`). Credit cards are
not taken yet: what needs one is said, and cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_plan, request_plan, wish_for_plan
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.frame import show
from tollway.portal.developer.offers import (
    money,
    monthly,
    offered_plans_of,
    offers_of,
    period_words,
)
from tollway.portal.developer.pages import actor_of
from tollway.portal.developer.showing import Summary, summary_of
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.plans.selectors import limits_of, plan_features_of, shown_metrics_of
from tollway.portal.standing.effects import used_now
from tollway.portal.tenants.models import PlanChange
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

CHANGE, ASK, CARD = "change", "ask", "card"
# What a product's rule lets developers do; nothing for the rest.
MAY: Mapping[str, str] = {
    PlanChange.DIRECT: CHANGE,
    PlanChange.REQUEST: ASK,
    PlanChange.REQUEST_CREDIT_CARD: ASK,
    PlanChange.CREDIT_CARD: CARD,
}
_MOVABLE = {Application.State.LIVE, Application.State.PENDING}

Place = tuple[int, str]
"""A metric's id and a period."""


class Difference(Struct, frozen=True):
    """What the two plans do not agree on. ``used``: "" where nothing is counted or known.

    ``refuses``: calls are refused at once, for more has been used than the new plan allows.
    """

    name: str
    now: str
    then: str
    used: str = ""
    refuses: bool = False


class Move(Struct, frozen=True):
    """``may`` is one of "change", "ask", "card", "" for nothing."""

    application: Summary
    may: str
    plan_id: int
    plan: str
    differences: tuple[Difference, ...]
    drops_own: bool
    contact: str


def move(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show the plans, or what one of them (`plan`) would mean; a POST changes or asks."""
    application = application_or_404(request, application_id)
    sent = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" and "plan" not in sent:
        return _choose(request, application)
    plan = offered_plans_of(site_of(request).tenant).filter(
        product=application.product_id, pk=chosen_id(sent.get("plan", ""))
    ).first()  # fmt: skip
    if plan is None or plan.pk == application.plan_id:
        raise Http404
    if request.method != "POST":
        return _confirm(request, application, plan)
    _do(request, application, plan)
    return redirect("developer-application", application_id=application.pk)


def may_move(application: Application) -> str:
    """Return what may be done about the plan of this application now, "" for nothing."""
    movable = application.state in _MOVABLE
    return MAY.get(application.product.buyer_plan_change_permission, "") if movable else ""


def asked_for(application: Application) -> str:
    """Return the name of the plan that was asked for and not yet answered, "" for none."""
    wish = wish_for_plan(application)
    return str(wish.after.get("plan", "")) if wish is not None else ""


def _do(request: HttpRequest, application: Application, plan: ApplicationPlan) -> None:
    may, by, name = may_move(application), actor_of(request), plan.terms.name
    provider = site_of(request).tenant.org_name
    try:
        if may == CHANGE:
            change_plan(application, plan, by=by)
            said = "It holds from the next call. What was used in the current periods counts."
            tell(request, f"{application.name} is on {name}", said)
        elif may != ASK:
            raise Http404
        elif request_plan(application, plan, by=by):
            tell(request, f"You asked for {name}", f"{provider} is written to, and answers you.")
        else:
            tell(request, f"You have asked for {name} already", f"{provider} knows.")
    except ValidationError as refusal:
        tell(request, "Nothing was changed", ". ".join(refusal.messages))


def _choose(request: HttpRequest, application: Application) -> HttpResponse:
    product = application.product
    offers = offers_of(site_of(request).tenant, [product])
    context = {
        "app": summary_of(application),
        "plan_id": application.plan_id,
        "offer": offers[0] if offers[0].columns else None,
        "may": may_move(application),
        "asked": asked_for(application),
        "contact": product.contact_email,
    }
    return show(request, "choose_plan", context, item="developer-applications")


def _confirm(request: HttpRequest, application: Application, plan: ApplicationPlan) -> HttpResponse:
    found = Move(
        application=summary_of(application),
        may=may_move(application),
        plan_id=plan.pk,
        plan=plan.terms.name,
        differences=tuple(differences(application, plan)),
        drops_own=application.plan.is_custom,
        contact=application.product.contact_email,
    )
    return show(request, "change_plan", {"move": found}, item="developer-applications")


def differences(application: Application, plan: ApplicationPlan) -> list[Difference]:
    """Return what changes: price, limits with what is used of them, features."""
    return [
        *_terms(application.plan, plan),
        *_limits(application, plan),
        *_features(application.plan, plan),
    ]


def _terms(old: ApplicationPlan, new: ApplicationPlan) -> list[Difference]:
    now, then = old.terms, new.terms
    pairs = [("A month", monthly(now), monthly(then))]
    if now.setup_fee != then.setup_fee:
        pairs.append(("Setup fee, once", money(now.setup_fee), money(then.setup_fee)))
    if now.cancellation_period != then.cancellation_period:
        was, comes = now.cancellation_period, then.cancellation_period
        pairs.append(("Notice", f"{was:,} days", f"{comes:,} days"))
    return [Difference(*pair) for pair in pairs]


def _limits(application: Application, plan: ApplicationPlan) -> list[Difference]:
    tenant = application.tenant
    hidden = {
        metric for metric, (visible, _) in shown_metrics_of(tenant, plan).items() if not visible
    }
    now = {_place(each): each for each in limits_of(tenant, application.plan)}
    then = {_place(each): each for each in limits_of(tenant, plan)}
    places = [
        place
        for place in dict.fromkeys([*now, *then])
        if _value(now, place) != _value(then, place) and place[0] not in hidden
    ]
    used = used_now(application, {metric for metric, _ in places})
    return [_limit(place, now, then, used) for place in places]


def _limit(
    place: Place,
    now: Mapping[Place, UsageLimit],
    then: Mapping[Place, UsageLimit],
    used: Mapping[Place, int] | None,
) -> Difference:
    metric = (now.get(place) or then[place]).metric
    value = _value(then, place)
    spent = None if used is None else used.get(place, 0)
    refuses = value == 0 or (value is not None and spent is not None and spent >= value)
    return Difference(
        f"{metric.friendly_name} {period_words(place[1])}",
        _words(_value(now, place)),
        _words(value),
        "" if spent is None else f"{spent:,}",
        refuses,
    )


def _features(old: ApplicationPlan, new: ApplicationPlan) -> list[Difference]:
    had, has = (
        {each.name for each in plan_features_of(old.tenant, plan).filter(visible=True)}
        for plan in (old, new)
    )
    return [
        Difference(name, "Yes" if name in had else "No", "Yes" if name in has else "No")
        for name in sorted(had ^ has)
    ]


def _place(limit: UsageLimit) -> Place:
    return limit.metric_id, limit.period


def _value(limits: Mapping[Place, UsageLimit], place: Place) -> int | None:
    return limits[place].value if place in limits else None


def _words(value: int | None) -> str:
    if value is None:
        return "Unlimited"
    return f"{value:,}" if value else "Not included"
