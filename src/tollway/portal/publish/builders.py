"""From SQL to snapshots: what data planes need of a product or an application, and nothing else.

Each builder asks the same few queries per ``CHUNK`` rows, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from tollway.portal.accounts.models import Account
from tollway.portal.applications import models as applications
from tollway.portal.catalog import models as catalog
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.tenants.models import Tenant
from tollway.store import snapshot

CHUNK = 500
ACTIVE = "active"


def build_products(rows: QuerySet[catalog.Product]) -> Iterator[snapshot.Product]:
    """Yield the documents of these products, by id."""
    related = ("metrics", "backend_usages__backend__metrics", "application_plans__limits")
    for row in rows.order_by("id").prefetch_related(*related).iterator(CHUNK):
        yield _product(row)


def _product(row: catalog.Product) -> snapshot.Product:
    metrics = tuple(_metrics(row))
    known = {metric.id for metric in metrics}
    plans = sorted(row.application_plans.all(), key=lambda plan: plan.pk)
    return snapshot.Product(
        id=str(row.pk),
        owner=str(row.tenant_id),
        backend_version=row.wire_backend_version,
        metrics=metrics,
        plans={str(plan.pk): _plan(plan, known) for plan in plans},
        referrer_filters_required=row.referrer_filters_required,
    )


def _metrics(row: catalog.Product) -> Iterator[snapshot.Metric]:
    """Yield the product's metrics, and those of its backends, whose hits add up into its own."""
    own = sorted(row.metrics.all(), key=lambda metric: metric.pk)
    hits = next(metric for metric in own if metric.is_hits)
    for metric in own:
        yield _metric(metric, metric.parent_id)
    backends = {usage.backend_id: usage.backend for usage in row.backend_usages.all()}
    for _, backend in sorted(backends.items()):
        for metric in sorted(backend.metrics.all(), key=lambda metric: metric.pk):
            yield _metric(metric, hits.pk if metric.is_hits else metric.parent_id)


def _metric(metric: catalog.Metric, parent: int | None) -> snapshot.Metric:
    return snapshot.Metric(
        id=str(metric.pk),
        name=metric.wire_name,
        parent=None if parent is None else str(parent),
    )


def _plan(plan: ApplicationPlan, known: set[str]) -> snapshot.Plan:
    """Leave out limits on metrics of a backend that the product has stopped using."""
    limits = sorted(plan.limits.all(), key=lambda limit: limit.pk)
    return snapshot.Plan(
        id=str(plan.pk),
        name=plan.name,
        limits=tuple(
            snapshot.UsageLimit(str(limit.metric_id), limit.period, limit.value)
            for limit in limits
            if str(limit.metric_id) in known
        ),
    )


def build_applications(
    rows: QuerySet[applications.Application],
) -> Iterator[snapshot.Application]:
    """Yield the records of these applications, by id."""
    rows = rows.select_related("tenant", "account", "product", "plan").prefetch_related("keys")
    for row in rows.order_by("id").iterator(CHUNK):
        yield _application(row)


def _application(row: applications.Application) -> snapshot.Application:
    """Take the credentials of the product's mode only: those of another mode open nothing."""
    by_user_key = row.product.backend_version == catalog.Product.BackendVersion.USER_KEY
    keys = [] if by_user_key else sorted(row.keys.all(), key=lambda key: key.pk)
    return snapshot.Application(
        service_id=str(row.product_id),
        id=row.application_id,
        state=_state(row),
        plan_id=str(row.plan_id),
        plan_name=row.plan.name,
        redirect_url=row.redirect_url,
        user_keys=(bytes.fromhex(row.user_key_digest),) if by_user_key else (),
        keys=tuple(
            snapshot.ApplicationKey(bytes.fromhex(key.digest), bytes(key.value_sealed))
            for key in keys
        ),
    )


def _state(row: applications.Application) -> str:
    """Say "active" only if the application is live and everybody above it is approved."""
    usable = (
        row.state == applications.Application.State.LIVE
        and row.account.state == Account.State.APPROVED
        and row.tenant.state == Tenant.State.APPROVED
    )
    return ACTIVE if usable else "suspended"
