"""Reading what applications have used of their limits, now, and what was refused.

SQL says what the limits are, the store what is used of them: both are asked once for all the
applications of a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tollway import clock
from tollway.core.periods import Period, window
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Backend, Metric, Product
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.plans.selectors import effective_limits
from tollway.portal.standing.asking import asked
from tollway.portal.tenants.models import Tenant
from tollway.store import usage
from tollway.store.notebook import Notebook
from tollway.store.notes import DAY_S, IntegrationError, Refusal
from tollway.store.usage import Question, UsageStreams

_PLACE = {period: place for place, period in enumerate(Period)}


class Measure(Struct, frozen=True):
    """A metric as a page names it; ``system_name`` is the wire's (a backend's carries its id).

    ``full_name`` says whose it is, too, where it is a backend's.
    """

    id: int
    name: str
    full_name: str
    system_name: str


class Standing(Struct, frozen=True):
    """One limit of an application in its current window.

    ``used`` may lie above ``value``: reports are not refused. ``ends_at``: in seconds since the
    epoch, None for eternity. ``refused``: calls that were refused because of this limit in this
    window. A ``value`` of 0 switches the metric off.
    """

    metric: Measure
    period: Period
    used: int
    value: int
    ends_at: int | None
    refused: int

    @property
    def share(self) -> float:
        """How much of it is used, 1.0 for all."""
        return self.used / self.value if self.value else 1.0


def standing_of(applications: Iterable[Application]) -> Mapping[int, tuple[Standing, ...]]:
    """Return by application id where each limit of its plan stands, by metric and period.

    An application without limits has (). Asks SQL three questions and the store one, however many
    applications there are. When the store does not answer, nothing is known: {}.
    """
    rows = list(applications)
    limits = _limits_of(rows)
    found = _used(rows, limits, at := clock.now())
    if found is None:
        return {}
    return {
        row.pk: tuple(
            _standing(limit, found[row.pk][limit.metric_id], at) for limit in limits[row.pk]
        )
        for row in rows
    }


def _used(
    rows: Sequence[Application], limits: Mapping[int, Sequence[UsageLimit]], at: int
) -> Mapping[int, Mapping[int, usage.Standing]] | None:
    """Return what the store has by application and metric, of those with limits."""
    metrics = {
        row.pk: list(dict.fromkeys(limit.metric_id for limit in limits[row.pk])) for row in rows
    }
    limited = [row for row in rows if metrics[row.pk]]
    if not limited:
        return {}
    questions = [
        Question(str(row.product_id), row.application_id, [str(m) for m in metrics[row.pk]])
        for row in limited
    ]
    answers = asked(UsageStreams.connect, lambda streams: streams.standing(questions, at=at))
    if answers is None:
        return None
    return {
        row.pk: dict(zip(metrics[row.pk], answer, strict=True))
        for row, answer in zip(limited, answers, strict=True)
    }


def _standing(limit: UsageLimit, now: usage.Standing, at: int) -> Standing:
    period = Period(limit.period)
    metric = limit.metric
    return Standing(
        metric=Measure(metric.pk, metric.friendly_name, metric.full_name, metric.wire_name),
        period=period,
        used=now.cell.used[_PLACE[period]],
        value=limit.value,
        ends_at=window(period, at).end,
        refused=now.refused[_PLACE[period]],
    )


def _limits_of(rows: Sequence[Application]) -> Mapping[int, Sequence[UsageLimit]]:
    """Return the limits in force by application; without those on backends no longer used."""
    tenants = {row.tenant_id for row in rows}
    plans = {row.plan_id for row in rows}
    parents = dict(
        ApplicationPlan.objects.filter(tenant__in=tenants, pk__in=plans).values_list("pk", "parent")
    )
    of_plan: defaultdict[int | None, list[UsageLimit]] = defaultdict(list)
    wanted = plans | {parent for parent in parents.values() if parent is not None}
    found = UsageLimit.objects.filter(tenant__in=tenants, plan__in=wanted)
    for limit in found.select_related("metric__backend").order_by("id"):
        of_plan[limit.plan_id].append(limit)
    in_force = {
        plan: sorted(effective_limits(of_plan[parents[plan]], of_plan[plan]), key=_order)
        if parents[plan]
        else sorted(of_plan[plan], key=_order)
        for plan in plans
    }
    backends = _backends_of(rows, in_force.values())
    return {
        row.pk: [limit for limit in in_force[row.plan_id] if _usable(limit.metric, row, backends)]
        for row in rows
    }


def _order(limit: UsageLimit) -> tuple[int, int]:
    return limit.metric_id, _PLACE[Period(limit.period)]


def _backends_of(
    rows: Sequence[Application], limits: Iterable[Sequence[UsageLimit]]
) -> set[tuple[int, int]]:
    """Return which products use which backends, as far as limits are set on these."""
    ids = {limit.metric.backend_id for each in limits for limit in each} - {None}
    if not ids:
        return set()
    used = Backend.objects.filter(pk__in=ids, usages__product__in={row.product_id for row in rows})
    return set(used.values_list("usages__product", "pk"))


def _usable(metric: Metric, row: Application, backends: set[tuple[int, int]]) -> bool:
    return metric.backend_id is None or (row.product_id, metric.backend_id) in backends


def refusals_of(
    tenant: Tenant, product: Product, application: Application | None = None, limit: int = 20
) -> Sequence[Refusal] | None:
    """Return the latest refusals of a product, or of an application, the newest first.

    They are of the last 24 hours. When the store does not answer, nothing is known: None.
    """
    found = _refusals(tenant, product)
    if found is None:
        return None
    wanted = None if application is None else application.application_id
    return [each for each in found if wanted in {None, each.application}][:limit]


def refusal_by_id(tenant: Tenant, product: Product, decision: str) -> Refusal | None:
    """Find a refusal by the id that the gateway's answer carried, for 24 hours."""
    found = _refusals(tenant, product) or ()
    return next((each for each in found if each.id == decision.strip().lower()), None)


def _refusals(tenant: Tenant, product: Product) -> Sequence[Refusal] | None:
    if product.tenant_id != tenant.pk:
        return ()
    since = clock.now() - DAY_S
    found = asked(Notebook.connect, lambda book: book.refusals(str(product.pk)))
    return None if found is None else [each for each in found if each.at > since]


def integration_errors_of(tenant: Tenant, product: Product) -> Sequence[IntegrationError] | None:
    """Return the integration errors of a product, the newest first, or None: not known now."""
    if product.tenant_id != tenant.pk:
        return ()
    return asked(Notebook.connect, lambda book: book.errors(str(product.pk)))
