"""Changing one cell of a plan's table: each is saved as it is typed, and can be undone.

The answer is the row. A limit that would refuse calls at once is asked about before it is set.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from msgspec import structs

from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans import table
from tollway.portal.console.plans.kinds import application_plan_or_404
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.events.selectors import events_of
from tollway.portal.fields import COUNT_MAX, lock
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import (
    create_limit,
    create_pricing_rule,
    delete_limit,
    delete_pricing_rule,
    update_limit,
    update_pricing_rule,
)
from tollway.portal.standing.effects import Effect, effect_of_limit
from tollway.portal.web import matrix
from tollway.portal.web.editing import author_of
from tollway.portal.web.toasts import Toast, tell_beside

_LIMIT = re.compile(r"\d{1,16}", re.ASCII)
_PRICE = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)
NO_LIMIT = "Enter a whole number, or nothing for no limit."
TOO_MUCH = f"At most {COUNT_MAX:,}."
NO_PRICE = "Enter a price like 0.02, or nothing for free."
HAS_STEPS = "It has price steps: change them behind the three dots."
IN_FORCE = "In force within a second."
NOTHING_YET = "Nothing has been changed yet."
OFF_MEANS = f"Calls that count it would be refused with 403 within a second. {NOTHING_YET}"
BACK = "back"  # an Undo brings back what was in force: its effects are known


def metric_or_404(plan: ApplicationPlan, metric_id: int) -> Metric:
    metric = catalog.usable_metrics_of(plan.tenant, plan.product).filter(pk=metric_id).first()
    if metric is None:
        raise Http404
    return metric


@require_POST
def limit(request: HttpRequest, plan_id: int, metric_id: int, period: str) -> HttpResponse:
    if period not in table.PERIODS:
        raise Http404
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    change = matrix.changed(request)
    cell = table.limit_cell(plan, metric, period, None)
    if error := _wrong_limit(change.typed):
        return _refused(request, plan, metric, cell.name, error, change.typed)
    typed = str(int(change.typed)) if change.typed else ""
    change = structs.replace(change, typed=typed)
    asked = change.anyway or BACK in request.POST
    if typed and not asked and typed != change.seen:
        effect = effect_of_limit(plan, metric, period, int(typed))
        if effect and effect.refused:
            return _doubted(request, plan, metric, cell.name, change, effect)
    return _apply(
        request, plan, metric, cell.name, change,
        lambda by: _set_limit(plan, metric, period, typed, by),
    )  # fmt: skip


def _wrong_limit(typed: str) -> str:
    if not typed:
        return ""
    if not _LIMIT.fullmatch(typed):
        return NO_LIMIT
    return TOO_MUCH if int(typed) > COUNT_MAX else ""


def _set_limit(plan: ApplicationPlan, metric: Metric, period: str, typed: str, by: Actor) -> None:
    found = table.said_of(plan, metric).limits.get(metric.pk, {}).get(period)
    if not typed:
        if found is not None:
            delete_limit(plan, found, by=by)
    elif found is None:
        create_limit(plan, metric, by=by, period=period, value=int(typed))
    else:
        update_limit(plan, found, by=by, value=int(typed))


@require_POST
def price(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    change = matrix.changed(request)
    name = f"{metric.pk}-price"
    if change.typed and not _PRICE.fullmatch(change.typed):
        return _refused(request, plan, metric, name, NO_PRICE, change.typed)
    typed = table.price_text(Decimal(change.typed)) if change.typed else ""
    if not table.is_flat(table.said_of(plan, metric).prices.get(metric.pk, ())):
        response = show_row(request, row_now(plan, metric), status=422)
        return tell_beside(request, response, Toast("The price stays as it is", HAS_STEPS))
    change = structs.replace(change, typed=typed)
    return _apply(
        request, plan, metric, name, change, lambda by: _set_price(plan, metric, typed, by)
    )


def _set_price(plan: ApplicationPlan, metric: Metric, typed: str, by: Actor) -> None:
    rules = table.said_of(plan, metric).prices.get(metric.pk, ())
    if not typed:
        for rule in rules:
            delete_pricing_rule(plan, rule, by=by)
    elif not rules:
        create_pricing_rule(plan, metric, by=by, cost_per_unit=Decimal(typed))
    else:
        update_pricing_rule(plan, rules[0], by=by, cost_per_unit=Decimal(typed))


def _apply(
    request: HttpRequest,
    plan: ApplicationPlan,
    metric: Metric,
    name: str,
    change: matrix.Change,
    act: Callable[[Actor], None],
) -> HttpResponse:
    """Make a change under the plan's lock, unless somebody else changed the cell meanwhile."""
    try:
        with transaction.atomic():
            lock(plan)
            before = row_now(plan, metric)
            old = cell_of(before, name)
            if change.clashes_with(old.value):
                clash = matrix.Clash(
                    old, author_of(request, last_change(plan, metric)), change.typed
                )
                return show_row(request, structs.replace(before, clash=clash), status=409)
            act(actor_of(request))
            after = row_now(plan, metric)
    except ValidationError as refusal:
        return _refused(request, plan, metric, name, ". ".join(refusal.messages), change.typed)
    new = cell_of(after, name)
    response = show_row(request, after)
    if new.value == old.value:
        return response
    toast = Toast(
        f"{old.label} is now {new.shown}",
        f"{IN_FORCE} It was {_was(old)}.",
        undo=old.url,
        fields={matrix.VALUE: old.value, matrix.SEEN: new.value, BACK: "1"},
        part=f"row-{after.name}",
    )
    return tell_beside(request, response, toast)


def _was(cell: matrix.Cell) -> str:
    return "unlimited" if cell.shown == matrix.NONE else cell.shown


def last_change(plan: ApplicationPlan, metric: Metric) -> Event | None:
    """Return the latest event about what the plan says of a metric."""
    of_metric = Q(after__metric_id=metric.pk) | Q(before__metric_id=metric.pk)
    of_plan = Q(after__plan_id=plan.pk) | Q(before__plan_id=plan.pk)
    in_plan = Q(of_plan, object_kind__in=("limit", "pricing_rule"))
    as_plan = Q(object_kind=plan.kind, object_id=str(plan.pk))
    return events_of(plan.tenant).filter(of_metric, in_plan | as_plan).last()


def cell_of(row: matrix.Row, name: str) -> matrix.Cell:
    return next(cell for cell in (*row.cells, *row.prices) if cell.name == name)


def row_now(plan: ApplicationPlan, metric: Metric) -> matrix.Row:
    return table.row_of(plan, metric, table.said_of(plan, metric))


def _refused(
    request: HttpRequest,
    plan: ApplicationPlan,
    metric: Metric,
    name: str,
    error: str,
    typed: str,
) -> HttpResponse:
    """Leave the cell open, with what was typed, and say what is wrong."""
    row = structs.replace(row_now(plan, metric), off="")
    wrong = structs.replace(cell_of(row, name), error=error, typed=typed)
    return show_row(request, _with(row, wrong), status=422)


def _doubted(
    request: HttpRequest,
    plan: ApplicationPlan,
    metric: Metric,
    name: str,
    change: matrix.Change,
    effect: Effect,
) -> HttpResponse:
    row = row_now(plan, metric)
    cell = cell_of(row, name)
    title, text = asking(effect, int(change.typed))
    doubt = matrix.Doubt(
        cell.url,
        cell.value,
        change.typed,
        f"Leave {cell.shown}",
        f"Set it to {change.typed}",
        title,
        text,
    )
    return show_row(request, structs.replace(row, doubt=doubt), status=409)


def asking(effect: Effect, value: int) -> tuple[str, str]:
    """Return in words what a limit of ``value`` would do: a title, and what it comes from."""
    count = f"{effect.refused:,}{' or more' if effect.more else ''} of {effect.live:,}"
    if not value:
        return f"{count} applications used it this month", OFF_MEANS
    used = f"They have used {value:,} or more in this period already."
    text = f"{used} Calls that came before count too. {NOTHING_YET}"
    return f"{count} applications would be refused at once", text


def _with(row: matrix.Row, cell: matrix.Cell) -> matrix.Row:
    cells, prices = (
        tuple(cell if one.name == cell.name else one for one in ones)
        for ones in (row.cells, row.prices)
    )
    return structs.replace(row, cells=cells, prices=prices)


def show_row(request: HttpRequest, row: matrix.Row, *, status: int = 200) -> HttpResponse:
    return render(request, "web/partials/matrix_row.html", {"row": row}, status=status)
