"""The table of a plan: for each metric its limits by period, its price, and whether it is usable.

Everything is read in a constant number of queries, for one row as for two hundred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.urls import reverse
from msgspec import Struct

from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, PricingRule, UsageLimit
from tollway.portal.web import matrix

PERIODS: Mapping[str, str] = {
    "minute": "Per minute",
    "hour": "Per hour",
    "day": "Per day",
    "week": "Per week",
    "month": "Per month",
    "year": "Per year",
    "eternity": "In all",
}
PRICE, ENABLED, VISIBLE = "Price each", "Enabled", "Visible"
OFF = "Off in this plan: a call that counts it is refused with 403, as with a limit of 0"
FREE = "free"


class Group(Struct, frozen=True):
    """The metrics of the product, or of one of its backends: ``title`` says where it is."""

    title: str
    rows: tuple[matrix.Row, ...]


class Said(Struct, frozen=True):
    """What a plan says of its metrics, by metric id."""

    limits: Mapping[int, Mapping[str, UsageLimit]]
    prices: Mapping[int, Sequence[PricingRule]]
    shown: Mapping[int, tuple[bool, bool]]


def said_of(plan: ApplicationPlan, metric: Metric | None = None) -> Said:
    """Read what the plan says of all metrics, or of one."""
    limits: defaultdict[int, dict[str, UsageLimit]] = defaultdict(dict)
    prices: defaultdict[int, list[PricingRule]] = defaultdict(list)
    for limit in selectors.limits_of(plan.tenant, plan, metric):
        limits[limit.metric_id][limit.period] = limit
    for rule in selectors.pricing_rules_of(plan.tenant, plan, metric).order_by("min"):
        prices[rule.metric_id].append(rule)
    return Said(limits, prices, selectors.shown_metrics_of(plan.tenant, plan))


def groups_of(plan: ApplicationPlan) -> list[Group]:
    """Return the rows of the table: the product's, methods below their metric, then backends'."""
    said = said_of(plan)
    metrics = list(catalog.usable_metrics_of(plan.tenant, plan.product))
    titles = {None: ""} | {
        usage.backend_id: f"Backend {usage.backend.name}, at {usage.path}"
        for usage in catalog.backend_usages_of(plan.tenant, plan.product)
    }
    return [
        Group(title, tuple(row_of(plan, metric, said) for metric in _nested(metrics, backend)))
        for backend, title in titles.items()
    ]


def _nested(metrics: Sequence[Metric], backend: int | None) -> list[Metric]:
    here = [metric for metric in metrics if metric.backend_id == backend]
    children: defaultdict[int | None, list[Metric]] = defaultdict(list)
    for metric in here:
        children[metric.parent_id].append(metric)
    return [each for top in children[None] for each in (top, *children[top.pk])]


def row_of(plan: ApplicationPlan, metric: Metric, said: Said) -> matrix.Row:
    limits = said.limits.get(metric.pk, {})
    is_off = any(limit.value == 0 for limit in limits.values())
    visible, _ = said.shown.get(metric.pk, (True, True))
    return matrix.Row(
        name=str(metric.pk),
        title=metric.friendly_name,
        note=f"Method · {metric.system_name}"
        if metric.parent_id
        else f"{metric.system_name} · {metric.unit}",
        cells=tuple(limit_cell(plan, metric, period, limits.get(period)) for period in PERIODS),
        prices=(price_cell(plan, metric, said.prices.get(metric.pk, ())),),
        switches=(
            _switch(plan, metric, ENABLED, is_on=not is_off),
            _switch(plan, metric, VISIBLE, is_on=visible),
        ),
        is_child=metric.parent_id is not None,
        off=OFF if is_off else "",
        more=reverse("plan-metric", args=(plan.pk, metric.pk)),
        full_title=metric.full_name,
    )


def limit_cell(
    plan: ApplicationPlan, metric: Metric, period: str, limit: UsageLimit | None
) -> matrix.Cell:
    value = "" if limit is None else str(limit.value)
    column = PERIODS[period]
    return matrix.Cell(
        name=f"{metric.pk}-{period}",
        url=reverse("plan-limit", args=(plan.pk, metric.pk, period)),
        label=f"{metric.full_name} {column.lower()}",
        value=value,
        shown=f"{limit.value:,}" if limit is not None else matrix.NONE,
        column=column,
    )


def price_cell(plan: ApplicationPlan, metric: Metric, rules: Sequence[PricingRule]) -> matrix.Cell:
    """Return the price of a unit; where it depends on how many there are, a way to the steps."""
    flat = is_flat(rules)
    value = price_text(rules[0].cost_per_unit) if flat and rules else ""
    steps = "" if flat else reverse("plan-metric", args=(plan.pk, metric.pk))
    return matrix.Cell(
        name=f"{metric.pk}-price",
        url=reverse("plan-price", args=(plan.pk, metric.pk)),
        label=f"Price of {metric.full_name}",
        value=value,
        shown=(value or FREE) if flat else f"{len(rules)} steps" if len(rules) > 1 else "1 step",
        column=PRICE,
        is_plain=True,
        link=steps,
    )


def is_flat(rules: Sequence[PricingRule]) -> bool:
    """Say whether each unit costs the same: one range of all, or none, which costs nothing."""
    return not rules or (len(rules) == 1 and rules[0].min == 1 and rules[0].max is None)


def price_text(cost: Decimal) -> str:
    """Return a price as it is typed: whole, or with its four decimals."""
    return f"{cost:.4f}".removesuffix(".0000")


def _switch(plan: ApplicationPlan, metric: Metric, column: str, *, is_on: bool) -> matrix.Switch:
    name = "plan-enabled" if column == ENABLED else "plan-visible"
    return matrix.Switch(
        name=f"{metric.pk}-{column.lower()}",
        url=reverse(name, args=(plan.pk, metric.pk)),
        label=f"{metric.full_name} {column.lower()}",
        is_on=is_on,
        column=column,
    )
