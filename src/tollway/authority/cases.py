"""A product's snapshot, prepared for deciding: names looked up, limits in order, bytes ready.

A *case* is what one usage asks of one plan, whoever asks and whatever is stored. The same few
cases come over and over, so they are kept; everything here is pure and bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from tollway.authority import answers, texts
from tollway.authority.answers import Rejected
from tollway.authority.request import Pairs
from tollway.authority.texts import LimitText, PlanText
from tollway.core import limits, metrics
from tollway.core.limits import Entry, Limit
from tollway.core.metrics import MetricTree
from tollway.core.periods import Period
from tollway.core.usage import AMOUNT_MAX, Amount, Usage, parse_amount, trimmed
from tollway.store import snapshot

PRODUCTS_MAX = 10_000
CASES_MAX = 4_096
KEPT_CHARS_MAX = 256  # of names and values; a longer usage is worked out each time


class PlanCase(Struct, frozen=True, eq=False):
    """A plan's limits in the order of reports, with their text. Equal only to itself."""

    name: str
    limits: tuple[Limit, ...]
    text: PlanText
    metrics: tuple[str, ...]  # those that have a limit


class ProductCase:
    """One revision of a product. Plans are prepared when they are first asked for."""

    def __init__(self, product: snapshot.Product) -> None:
        self.id = product.id
        self.owner = product.owner
        self.mode = product.backend_version
        self.active = product.state == "active"
        self.referrers_required = product.referrer_filters_required
        self.tree = MetricTree([metrics.Metric(m.id, m.name, m.parent) for m in product.metrics])
        self._plans = product.plans
        self._prepared: dict[str, PlanCase] = {}
        self._unlimited = _plan(snapshot.Plan("", ""), self.tree)

    def has_plan(self, id_: str) -> bool:
        return id_ in self._plans

    def plan(self, id_: str) -> PlanCase:
        """Return the plan; one that is unknown limits nothing, as 3scale has it."""
        if id_ not in self._plans:
            return self._unlimited
        if id_ not in self._prepared:
            self._prepared[id_] = _plan(self._plans[id_], self.tree)
        return self._prepared[id_]


class Products:
    """The products in use, each prepared once per snapshot."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[snapshot.Product, ProductCase]] = {}

    def prepared(self, product: snapshot.Product) -> ProductCase:
        kept = self._kept.get(product.id)
        if kept is not None and (kept[0] is product or kept[0] == product):
            return kept[1]
        while len(self._kept) >= PRODUCTS_MAX:
            self._kept.pop(next(iter(self._kept)))
        case = ProductCase(product)
        self._kept[product.id] = product, case
        return case


class Case(Struct, frozen=True):
    """What one usage asks of one plan.

    ``checked``: rolled-up amounts by metric, None without usage. ``shown``: what an answer says
    they do. ``adding`` counts them, ``looking`` reads the same cells. ``counts``: something is to
    be counted. ``limits``: those whose cells are read. ``sets_fit``: see ``core.limits``.
    """

    checked: Usage | None
    shown: Usage | None
    adding: tuple[Entry, ...]
    looking: tuple[Entry, ...]
    counts: bool
    limits: tuple[Limit, ...]
    sets_fit: bool


def case(
    product: ProductCase, plan: PlanCase, pairs: Pairs | None, *, flat: bool, whole: bool
) -> Case | Rejected:
    """Return what ``pairs`` ask. Not ``whole``: only the cells that the usage itself concerns.

    ``flat`` leaves the metrics above alone.
    """
    chars = 0
    for name, value in pairs or ():
        chars += len(name) + len(value or "")
    find = _kept if chars <= KEPT_CHARS_MAX else _worked_out
    return find(product, plan, pairs, flat=flat, whole=whole)


def _worked_out(
    product: ProductCase, plan: PlanCase, pairs: Pairs | None, *, flat: bool, whole: bool
) -> Case | Rejected:
    if pairs is None:
        looking = tuple(limits.watching(plan.metrics))
        return Case(None, None, (), looking, False, plan.limits, True)
    usage = named(product.tree, pairs)
    if isinstance(usage, Rejected):
        return usage
    checked = usage if flat else product.tree.roll_up(usage)
    shown = product.tree.shown(usage)
    others = [m for m in plan.metrics if m not in checked and (whole or m in shown)]
    cells = {*checked, *others}
    return Case(
        checked,
        shown,
        (*limits.counting(checked, plan.limits), *limits.watching(others)),
        tuple(limits.watching([*checked, *others])),
        any(amount.value or amount.is_set for amount in usage.values()),
        tuple(limit for limit in plan.limits if limit.metric in cells),
        limits.sets_fit(checked, plan.limits),
    )


# PERF: a gateway's calls repeat a handful of usages. Working one out takes 5 us, finding it again
# 0.5 us (bench/authority.py shows what a call takes in all).
_kept = lru_cache(maxsize=CASES_MAX)(_worked_out)


def named(tree: MetricTree, pairs: Pairs) -> Mapping[str, Amount] | Rejected:
    """Read usage as sent: values before names, in the order of the request.

    What adds up to more than can be counted exactly is no value either.
    """
    usage: dict[str, Amount] = {}
    for raw_name, value in pairs:
        name = trimmed(raw_name)
        if value is None or not trimmed(value):
            return answers.usage_value_empty(name)
        if (amount := parse_amount(value)) is None:
            return answers.usage_value_invalid(name, value)
        if (metric := tree.id_of(name)) is None:
            return answers.metric_invalid(name)
        usage[metric] = usage[metric].then(amount) if metric in usage else amount
    if sum(amount.value for amount in usage.values()) > AMOUNT_MAX:
        last_name, last_value = pairs[-1]
        return answers.usage_value_invalid(trimmed(last_name), str(last_value))
    return usage


def unknown_metric(tree: MetricTree, pairs: Pairs) -> Rejected | None:
    """Return the fault of the first metric that the product does not have."""
    for raw_name, _ in pairs:
        if tree.id_of(name := trimmed(raw_name)) is None:
            return answers.metric_invalid(name)
    return None


def _plan(plan: snapshot.Plan, tree: MetricTree) -> PlanCase:
    found = limits.in_report_order(
        (Limit(u.metric, Period(u.period), u.maximum) for u in plan.limits), tree.ids
    )
    return PlanCase(
        plan.name,
        tuple(found),
        PlanText([_text(limit, tree) for limit in found]),
        tuple(dict.fromkeys(limit.metric for limit in found)),
    )


def _text(limit: Limit, tree: MetricTree) -> LimitText:
    children: Sequence[str] = [tree.name_of(id_) for id_ in tree.children(limit.metric)]
    return texts.limit_text(tree.name_of(limit.metric), limit.period, limit.maximum, children)
