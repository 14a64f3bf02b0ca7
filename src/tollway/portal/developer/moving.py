"""Another plan for an application: what it means, and doing it or asking for it.

What developers may do is the product's to say (`buyer_plan_change_permission`).
"""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tollway.core.periods import per
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_plan, request_plan, wish_for_plan
from tollway.portal.developer import changing
from tollway.portal.developer.changing import (
    MAY,
    Difference,
    Holder,
    Move,
    asked_plan,
    feature_differences,
    term_differences,
)
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.offers import offered_plans_of, offers_of
from tollway.portal.developer.pages import actor_of
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.plans.selectors import limits_of, plan_features_of, shown_metrics_of
from tollway.portal.standing.effects import used_now
from tollway.portal.web.site import site_of

_MOVABLE = {Application.State.LIVE, Application.State.PENDING}
_HOLDS = "Another plan holds from the next call; what was used in the current periods counts."

Place = tuple[int, str]
"""A metric's id and a period."""


def move(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show the plans, or what one of them (`plan`) would mean; a POST changes or asks."""
    application = application_or_404(request, application_id)
    holder, tenant = _holder(application), site_of(request).tenant
    chosen = asked_plan(request)
    if chosen is None:
        [offer] = offers_of(tenant, [application.product])
        return changing.choose(request, holder, offer, asked=asked_for(application))
    plan = offered_plans_of(tenant).filter(product=application.product_id, pk=chosen).first()
    if plan is None:
        raise Http404
    if plan.pk == application.plan_id:  # the form was sent twice
        return redirect(holder.home)
    if request.method != "POST":
        return _confirm(request, application, plan)
    by = actor_of(request)
    return changing.settle(
        request,
        holder,
        plan.terms.name,
        change=lambda: change_plan(application, plan, by=by),
        ask=lambda: request_plan(application, plan, by=by),
    )


def may_move(application: Application) -> str:
    """Return what may be done about the plan of this application now, "" for nothing."""
    movable = application.state in _MOVABLE
    return MAY.get(application.product.buyer_plan_change_permission, "") if movable else ""


def asked_for(application: Application) -> str:
    """Return the name of the plan that was asked for and not yet answered, "" for none."""
    wish = wish_for_plan(application)
    return str(wish.after.get("plan", "")) if wish is not None else ""


def _holder(application: Application) -> Holder:
    return Holder(
        name=application.name,
        plan=application.plan.terms.name,
        plan_id=application.plan_id,
        home=reverse("developer-application", args=[application.pk]),
        item="developer-applications",
        may=may_move(application),
        holds=_HOLDS,
        contact=application.product.contact_email,
    )


def _confirm(request: HttpRequest, application: Application, plan: ApplicationPlan) -> HttpResponse:
    found = Move(
        plan_id=plan.pk,
        plan=plan.terms.name,
        differences=tuple(differences(application, plan)),
        counts=True,
        drops_own=application.plan.is_custom,
    )
    return changing.confirm(request, _holder(application), found)


def differences(application: Application, plan: ApplicationPlan) -> list[Difference]:
    """Return what changes: price, limits with what is used of them, features."""
    return [
        *term_differences(application.plan.terms, plan.terms, plan.tenant.currency),
        *_limits(application, plan),
        *feature_differences(_features(application.plan), _features(plan)),
    ]


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
        f"{metric.friendly_name} {per(place[1])}",
        _words(_value(now, place)),
        _words(value),
        "" if spent is None else f"{spent:,}",
        refuses,
    )


def _features(plan: ApplicationPlan) -> list[str]:
    return [each.name for each in plan_features_of(plan.tenant, plan).filter(visible=True)]


def _place(limit: UsageLimit) -> Place:
    return limit.metric_id, limit.period


def _value(limits: Mapping[Place, UsageLimit], place: Place) -> int | None:
    return limits[place].value if place in limits else None


def _words(value: int | None) -> str:
    if value is None:
        return "Unlimited"
    return f"{value:,}" if value else "Not included"
