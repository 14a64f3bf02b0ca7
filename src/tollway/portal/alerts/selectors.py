"""Alerts as either portal lists and counts them."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.accounts.models import Account
from tollway.portal.alerts.models import Alert
from tollway.portal.catalog.models import Product
from tollway.portal.tenants.models import Tenant


def alerts_of(tenant: Tenant, product: Product | None = None) -> QuerySet[Alert]:
    """Return the alerts for the tenant's own users that are not deleted."""
    found = Alert.objects.filter(tenant=tenant, audience=Alert.Audience.PROVIDER)
    found = found.exclude(state=Alert.State.DELETED)
    return found if product is None else found.filter(product=product)


def unread_of(tenant: Tenant, product: Product | None = None) -> QuerySet[Alert]:
    return alerts_of(tenant, product).filter(state=Alert.State.UNREAD)


def developers_alerts_of(tenant: Tenant, account: Account) -> QuerySet[Alert]:
    """Return the alerts for the users of an account that are not deleted."""
    found = Alert.objects.filter(tenant=tenant, account=account, audience=Alert.Audience.BUYER)
    return found.exclude(state=Alert.State.DELETED)
