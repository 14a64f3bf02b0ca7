"""The switches of a plan's table: whether a metric may be used, and whether developers see it.

A switch is set to a state. Two who want the same get it; the second is told of the first.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from msgspec import Struct, structs

from tollway.portal.catalog.models import Metric
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans import table
from tollway.portal.console.plans.cells import (
    BACK,
    IN_FORCE,
    asking,
    last_change,
    metric_or_404,
    row_now,
    show_row,
)
from tollway.portal.console.plans.kinds import application_plan_or_404
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import disable_metric, enable_metric, update_plan_metric
from tollway.portal.plans.services.metrics import free_period
from tollway.portal.standing.effects import effect_of_limit
from tollway.portal.web import matrix
from tollway.portal.web.editing import author_of
from tollway.portal.web.toasts import Toast, tell_beside


class Turn(Struct, frozen=True):
    """What is done to a switch, by ``act``, and what that means."""

    plan: ApplicationPlan
    metric: Metric
    column: str
    on: bool
    act: Callable[[Actor], None]
    detail: str


@require_POST
def enabled(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    """Forbid a metric by a limit of 0, or take such limits away."""
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    on = matrix.is_on(request)
    asked = matrix.ANYWAY in request.POST or BACK in request.POST
    if not (on or asked) and (doubt := _doubt(plan, metric)):
        row = structs.replace(row_now(plan, metric), doubt=doubt)
        return show_row(request, row, status=409)
    act = enable_metric if on else disable_metric
    detail = IN_FORCE if on else "Its calls are refused with 403 within a second."
    turn = Turn(plan, metric, table.ENABLED, on, lambda by: act(plan, metric, by=by), detail)
    return _done(request, turn)


def _doubt(plan: ApplicationPlan, metric: Metric) -> matrix.Doubt | None:
    """Return the question before a metric is switched off that is in use."""
    limits = table.said_of(plan, metric).limits.get(metric.pk, {}).values()
    period = free_period(limits)
    if period is None or any(limit.value == 0 for limit in limits):
        return None
    effect = effect_of_limit(plan, metric, period, 0)
    if effect is None or not effect.refused:
        return None
    switch = _switch(row_now(plan, metric), table.ENABLED)
    title, text = asking(effect, 0)
    return matrix.Doubt(switch.url, matrix.ON, "", "Leave it on", "Switch it off", title, text)


@require_POST
def visible(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    """Show a metric's limits and prices to developers, or not."""
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    on = matrix.is_on(request)
    detail = "Developers see its limits and prices." if on else "Developers do not see it any more."
    turn = Turn(
        plan,
        metric,
        table.VISIBLE,
        on,
        lambda by: update_plan_metric(plan, metric, by=by, visible=on),
        detail,
    )
    return _done(request, turn)


def _done(request: HttpRequest, turn: Turn) -> HttpResponse:
    plan, metric = turn.plan, turn.metric
    try:
        with transaction.atomic():
            lock(plan)
            before = row_now(plan, metric)
            turn.act(actor_of(request))
            after = row_now(plan, metric)
    except ValidationError as refusal:
        response = show_row(request, row_now(plan, metric), status=422)
        text = f"{metric.full_name} stays as it is"
        return tell_beside(request, response, Toast(text, ". ".join(refusal.messages)))
    toast = _changed(turn, after) if after != before else _already(request, turn, after)
    response = show_row(request, after)
    return tell_beside(request, response, toast) if toast else response


def _changed(turn: Turn, row: matrix.Row) -> Toast:
    switch = _switch(row, turn.column)
    back = {} if turn.on else {matrix.VALUE: matrix.ON}
    return Toast(
        f"{switch.label} is {_word(turn.on)}",
        turn.detail,
        undo=switch.url,
        fields={**back, BACK: "1"},
        part=f"row-{row.name}",
    )


def _already(request: HttpRequest, turn: Turn, row: matrix.Row) -> Toast | None:
    """Tell who turned a switch that its reader saw otherwise."""
    seen = matrix.was_on(request)
    if seen is None or seen == turn.on or matrix.ANYWAY in request.POST:
        return None
    by = author_of(request, last_change(turn.plan, turn.metric)).rstrip(",")
    label = _switch(row, turn.column).label
    return Toast(f"{label} is {_word(turn.on)} already", f"{by} did that before you.")


def _switch(row: matrix.Row, column: str) -> matrix.Switch:
    return next(switch for switch in row.switches if switch.column == column)


def _word(on: bool) -> str:  # noqa: FBT001
    return matrix.ON if on else matrix.OFF
