"""What may be chosen: the published plans of products side by side, as plain values.

However many plans there are, it takes the same few queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q, QuerySet
from msgspec import Struct

from tollway.core.money import money
from tollway.core.periods import per
from tollway.portal.catalog.models import BackendUsage, Metric, Product
from tollway.portal.catalog.selectors import products_of
from tollway.portal.plans.models import (
    ApplicationPlan,
    ApplicationPlanFeature,
    Feature,
    Plan,
    PlanMetric,
    PricingRule,
    ServicePlan,
    Terms,
    UsageLimit,
)
from tollway.portal.plans.selectors import application_plans_of, service_plans_of
from tollway.portal.tenants.models import Tenant

_ORDER = {period: place for place, period in enumerate(reversed(UsageLimit.Period.values))}
_CLOSED = (Product.State.HIDDEN, Product.State.OFFLINE, Product.State.DELETED)
UNLIMITED, NONE, PLAIN, INCLUDED = "Unlimited", "Not included", "", "Included"


class Cell(Struct, frozen=True):
    """``mark`` draws a sign before the text: "yes", "no", or "" for none."""

    text: str
    mark: str = ""


class Line(Struct, frozen=True):
    title: str
    cells: tuple[Cell, ...]


class Part(Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]


class Column(Struct, frozen=True):
    """A plan; ``price`` is what a month costs, and ``ticks`` what it has, in a line each."""

    id: int
    name: str
    price: str
    is_free: bool
    setup_fee: str
    approval: bool
    ticks: tuple[str, ...]


class Way(Struct, frozen=True):
    """What one may do about a plan: a button with an address, or only a word ("Your plan")."""

    words: str
    url: str = ""
    first: bool = False


class Offer(Struct, frozen=True):
    """A product with its plans in their order, and the lines of a table of them."""

    product_id: int
    product: str
    description: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]


class _Said(Struct, frozen=True):
    """What the plans say, each by plan id: limits and prices by metric too, and what they have."""

    limits: Mapping[int, Mapping[int, list[UsageLimit]]]
    prices: Mapping[int, Mapping[int, list[PricingRule]]]
    hidden: frozenset[tuple[int, int]]
    signs: frozenset[tuple[int, int]]
    features: frozenset[tuple[int, int]]
    currency: str


def offered_plans_of(tenant: Tenant) -> QuerySet[ApplicationPlan]:
    """Return the plans that a developer may choose, in the order of the portal."""
    plans = application_plans_of(tenant).exclude(product__state__in=_CLOSED)
    return plans.filter(state=Plan.State.PUBLISHED).order_by("product_id", "position", "id")


def offered_service_plans_of(tenant: Tenant) -> QuerySet[ServicePlan]:
    """Return the service plans that a developer may subscribe on, in the order of the portal."""
    plans = service_plans_of(tenant).exclude(product__state__in=_CLOSED)
    return plans.filter(state=Plan.State.PUBLISHED).order_by("product_id", "position", "id")


def products_offered_by(tenant: Tenant) -> QuerySet[Product]:
    """Return the products that have a plan to choose."""
    return products_of(tenant).filter(pk__in=offered_plans_of(tenant).values("product"))


def offers_of(tenant: Tenant, products: Sequence[Product]) -> tuple[Offer, ...]:
    """Return the offers of these products, in their order."""
    by_product: defaultdict[int, list[ApplicationPlan]] = defaultdict(list)
    for plan in offered_plans_of(tenant).filter(product__in=[each.pk for each in products]):
        by_product[plan.product_id].append(plan)
    plans = [plan for rows in by_product.values() for plan in rows]
    said, metrics = _said(tenant, plans), _metrics(tenant, products)
    features: defaultdict[int | None, list[Feature]] = defaultdict(list)
    shown = Feature.objects.filter(
        tenant=tenant, product__in=list(by_product), scope=ApplicationPlan.kind, visible=True
    )
    for feature in shown.order_by("id"):
        features[feature.product_id].append(feature)
    return tuple(
        _offer(product, by_product[product.pk], metrics[product.pk], features[product.pk], said)
        for product in products
    )


def offer_of(plan: ApplicationPlan) -> Column:
    """Return one plan by itself."""
    offer = _one(plan)
    return offer.columns[0]


def _one(plan: ApplicationPlan) -> Offer:
    tenant, product = plan.tenant, plan.product
    said, metrics = _said(tenant, [plan]), _metrics(tenant, [product])[product.pk]
    features = Feature.objects.filter(
        tenant=tenant, product=product, scope=ApplicationPlan.kind, visible=True
    )
    return _offer(product, [plan], metrics, list(features.order_by("id")), said)


def _metrics(tenant: Tenant, products: Sequence[Product]) -> Mapping[int, list[Metric]]:
    ids = [each.pk for each in products]
    usages = list(
        BackendUsage.objects.filter(tenant=tenant, product__in=ids).values_list(
            "product_id", "backend_id"
        )
    )
    rows = Metric.objects.filter(
        Q(product__in=ids) | Q(backend__in={backend for _, backend in usages}), tenant=tenant
    )
    found: dict[int, list[Metric]] = {pk: [] for pk in ids}
    for metric in rows.order_by("id"):
        if metric.product_id:
            found[metric.product_id].append(metric)
        else:
            for product, backend in usages:
                if backend == metric.backend_id:
                    found[product].append(metric)
    return found


def _said(tenant: Tenant, plans: Iterable[ApplicationPlan]) -> _Said:
    ids = [plan.pk for plan in plans]
    limits: dict[int, defaultdict[int, list[UsageLimit]]] = {pk: defaultdict(list) for pk in ids}
    prices: dict[int, defaultdict[int, list[PricingRule]]] = {pk: defaultdict(list) for pk in ids}
    for limit in UsageLimit.objects.filter(tenant=tenant, plan__in=ids):
        limits[limit.plan_id][limit.metric_id].append(limit)
    for rule in PricingRule.objects.filter(tenant=tenant, plan__in=ids).order_by("min"):
        prices[rule.plan_id][rule.metric_id].append(rule)
    words = PlanMetric.objects.filter(tenant=tenant, plan__in=ids)
    shown = list(words.values_list("plan_id", "metric_id", "visible", "limits_only_text"))
    features = ApplicationPlanFeature.objects.filter(tenant=tenant, plan__in=ids)
    return _Said(
        limits,
        prices,
        frozenset((plan, metric) for plan, metric, visible, _ in shown if visible is False),
        frozenset((plan, metric) for plan, metric, _, text in shown if text is False),
        frozenset(features.values_list("plan_id", "feature_id")),
        tenant.currency,
    )


def _offer(
    product: Product,
    plans: Sequence[ApplicationPlan],
    metrics: Sequence[Metric],
    features: Sequence[Feature],
    said: _Said,
) -> Offer:
    limited = [
        Line(metric.friendly_name, tuple(_limit_cell(plan, metric, said) for plan in plans))
        for metric in metrics
        if _is_told(plans, metric, said)
    ]
    priced = [
        Line(
            f"Price of {metric.friendly_name}",
            tuple(_price_cell(plan, metric, said) for plan in plans),
        )
        for metric in metrics
        if any(said.prices[plan.pk].get(metric.pk) for plan in plans)
    ]
    had = [
        Line(each.name, tuple(tick((plan.pk, each.pk) in said.features) for plan in plans))
        for each in features
    ]
    parts = (
        Part("Calls", tuple(limited + priced)),
        Part("Features", tuple(had)),
        Part("Terms", tuple(terms_lines(plans, said.currency))),
    )
    return Offer(
        product.pk,
        product.name,
        product.description,
        tuple(_column(plan, at, (limited, had), said.currency) for at, plan in enumerate(plans)),
        tuple(part for part in parts if part.lines),
    )


def _is_told(plans: Sequence[ApplicationPlan], metric: Metric, said: _Said) -> bool:
    """Say whether a metric has a line: the product's hits always, others where a plan limits it."""
    shown = [plan.pk for plan in plans if (plan.pk, metric.pk) not in said.hidden]
    if metric.is_hits and metric.product_id:
        return bool(shown)
    return any(said.limits[plan].get(metric.pk) for plan in shown)


def _limit_cell(plan: ApplicationPlan, metric: Metric, said: _Said) -> Cell:
    if (plan.pk, metric.pk) in said.hidden:
        return Cell(PLAIN)
    limits = said.limits[plan.pk].get(metric.pk, [])
    text = limit_words(limits)
    if text == NONE:
        return Cell(NONE, "no")
    return Cell(text, "yes" if (plan.pk, metric.pk) in said.signs else "")


def _price_cell(plan: ApplicationPlan, metric: Metric, said: _Said) -> Cell:
    return Cell(price_words(said.prices[plan.pk].get(metric.pk, ()), said.currency))


def limit_words(limits: Iterable[UsageLimit]) -> str:
    """Put a metric's limits in a plan into words: "3 per hour, 50 per day"."""
    rows = sorted(limits, key=lambda limit: _ORDER[limit.period])
    if not rows:
        return UNLIMITED
    if any(limit.value == 0 for limit in rows):
        return NONE
    return ", ".join(f"{limit.value:,} {per(limit.period)}" for limit in rows)


def price_words(rules: Sequence[PricingRule], currency: str) -> str:
    """Put prices into words, in the order of use: "1 to 9: EUR 0.05 each; from 10: …"."""
    if not rules:
        return INCLUDED
    if len(rules) == 1 and rules[0].min == 1 and rules[0].max is None:
        return f"{money(currency, rules[0].cost_per_unit)} each"
    return "; ".join(
        f"{_range(rule)}: {money(currency, rule.cost_per_unit)} each" for rule in rules
    )


def _range(rule: PricingRule) -> str:
    return f"{rule.min:,} to {rule.max:,}" if rule.max else f"from {rule.min:,}"


def monthly(terms: Terms, currency: str) -> str:
    """Return what a month costs."""
    return money(currency, terms.cost_per_month) if terms.cost_per_month else "Free"


def tick(has: bool) -> Cell:  # noqa: FBT001
    return Cell("Yes", "yes") if has else Cell("No", "no")


def terms_lines(plans: Sequence[Plan], currency: str) -> list[Line]:
    """Return the lines of fees, trial, approval and notice that any of the plans has."""
    terms = [plan.terms for plan in plans]
    lines = []
    if any(each.setup_fee for each in terms):
        fees = [money(currency, each.setup_fee) if each.setup_fee else "None" for each in terms]
        cells = [Cell(fee) for fee in fees]
        lines.append(Line("Setup fee, once", tuple(cells)))
    if any(each.trial_period_days for each in terms):
        cells = [Cell(_days(each.trial_period_days)) for each in terms]
        lines.append(Line("Free trial", tuple(cells)))
    if any(each.approval_required for each in terms):
        cells = [tick(each.approval_required) for each in terms]
        lines.append(Line("Approval needed", tuple(cells)))
    if any(each.cancellation_period for each in terms):
        cells = [Cell(_days(each.cancellation_period)) for each in terms]
        lines.append(Line("Notice", tuple(cells)))
    return lines


def _days(count: int) -> str:
    return "None" if not count else "1 day" if count == 1 else f"{count:,} days"


def _column(
    plan: ApplicationPlan, at: int, lines: tuple[list[Line], list[Line]], currency: str
) -> Column:
    limited, had = lines
    terms = plan.terms
    ticks = [
        f"{line.title}: {line.cells[at].text}"
        for line in limited
        if line.cells[at].text not in {PLAIN, NONE}
    ]
    ticks += [line.title for line in had if line.cells[at].mark == "yes"]
    return Column(
        id=plan.pk,
        name=terms.name,
        price=monthly(terms, currency),
        is_free=terms.is_free,
        setup_fee=money(currency, terms.setup_fee) if terms.setup_fee else "",
        approval=terms.approval_required,
        ticks=tuple(ticks),
    )
