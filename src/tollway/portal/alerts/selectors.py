"""Alerts as the admin portal lists and counts them."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.alerts.models import Alert
from tollway.portal.catalog.models import Product
from tollway.portal.tenants.models import Tenant


def alerts_of(tenant: Tenant, product: Product | None = None) -> QuerySet[Alert]:
    """Return the alerts that are not deleted."""
    found = Alert.objects.filter(tenant=tenant).exclude(state=Alert.State.DELETED)
    return found if product is None else found.filter(product=product)


def unread_of(tenant: Tenant, product: Product | None = None) -> QuerySet[Alert]:
    return alerts_of(tenant, product).filter(state=Alert.State.UNREAD)
