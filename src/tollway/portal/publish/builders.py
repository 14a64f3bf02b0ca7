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
from tollway.portal.plans.selectors import effective_limits
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
    plans = {plan.pk: plan for plan in row.application_plans.all()}
    return snapshot.Product(
        id=str(row.pk),
        owner=str(row.tenant_id),
        backend_version=row.wire_backend_version,
        metrics=metrics,
        plans={
            str(pk): _plan(plan, plans.get(plan.parent_id or 0), known)
            for pk, plan in sorted(plans.items())
        },
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


def _plan(plan: ApplicationPlan, parent: ApplicationPlan | None, known: set[str]) -> snapshot.Plan:
    """Tell a custom plan in full: data planes know no parents.

    Limits on metrics of a backend that the product has stopped using are left out.
    """
    inherited = parent.limits.all() if parent is not None else ()
    if parent is not None:
        plan.parent = parent  # what was fetched; else its name would be asked for once more
    limits = effective_limits(inherited, plan.limits.all())
    return snapshot.Plan(
        id=str(plan.pk),
        name=plan.terms.name,
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
    rows = rows.select_related("tenant", "account", "product", "plan__parent")
    rows = rows.prefetch_related("keys", "former_user_keys", "referrer_filters")
    for row in rows.order_by("id").iterator(CHUNK):
        yield _application(row)


def _application(row: applications.Application) -> snapshot.Application:
    """Take the credentials of the product's mode only: those of another mode open nothing.

    Keys that are being replaced stand behind those that stay; the first is a client's secret.
    """
    by_user_key = row.product.backend_version == catalog.Product.BackendVersion.USER_KEY
    keys = [] if by_user_key else sorted(row.keys.all(), key=_lasting_first)
    former = sorted(row.former_user_keys.all(), key=lambda key: key.pk)
    user_keys = [row.user_key_digest, *(key.digest for key in former)] if by_user_key else []
    filters = sorted(row.referrer_filters.all(), key=lambda each: each.pk)
    return snapshot.Application(
        service_id=str(row.product_id),
        id=row.application_id,
        state=_state(row),
        plan_id=str(row.plan_id),
        plan_name=row.plan.terms.name,
        redirect_url=row.redirect_url,
        user_keys=tuple(bytes.fromhex(digest) for digest in user_keys),
        keys=tuple(
            snapshot.ApplicationKey(bytes.fromhex(key.digest), bytes(key.value_sealed))
            for key in keys
        ),
        referrer_filters=tuple(each.value for each in filters),
    )


def _lasting_first(key: applications.ApplicationKey) -> tuple[bool, int]:
    return key.expires_at is not None, key.pk


def _state(row: applications.Application) -> str:
    """Say "active" only if the application is live and everybody above it is approved."""
    usable = (
        row.state == applications.Application.State.LIVE
        and row.account.state == Account.State.APPROVED
        and row.tenant.state == Tenant.State.APPROVED
    )
    return ACTIVE if usable else "suspended"
