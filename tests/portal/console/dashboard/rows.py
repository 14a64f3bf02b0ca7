"""Usage as the recorder leaves it, without a recorder."""

from __future__ import annotations

from django.db.models import F

from portal.people import Provider
from tollway import clock
from tollway.core.series import quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import ResponseRow, StreamCursor, UsageRow
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import hits_of


def used(
    provider: Provider,
    value: int,
    *,
    ago_s: int = 0,
    product: Product | None = None,
    application_id: int | None = None,
) -> None:
    """Record calls, as a step of the recorder."""
    product = product or provider.product
    UsageRow.objects.create(
        tenant=provider.tenant,
        product_id=product.pk,
        account_id=provider.account.pk,
        application_id=application_id or provider.application.pk,
        quarter=quarter_of(clock.now() - ago_s),
        value=value,
        metric_id=hits_of(provider.tenant, product).pk,
    )
    _stepped()


def answered(provider: Provider, code: int, value: int, *, ago_s: int = 0) -> None:
    ResponseRow.objects.create(
        tenant=provider.tenant,
        product_id=provider.product.pk,
        account_id=provider.account.pk,
        application_id=provider.application.pk,
        quarter=quarter_of(clock.now() - ago_s),
        value=value,
        code=code,
    )
    _stepped()


def _stepped() -> None:
    analytics.cursor()
    StreamCursor.objects.update(version=F("version") + 1)
