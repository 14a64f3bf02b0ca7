"""Reading test calls. The tenant comes first in every function."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from tollway.portal.catalog.models import Product
from tollway.portal.tenants.models import Tenant
from tollway.portal.tryout.models import Tryout


def tryouts_of(tenant: Tenant, product: Product) -> QuerySet[Tryout]:
    tryouts = Tryout.objects.filter(tenant=tenant, product=product)
    return tryouts.select_related("author").order_by("id")


def last_tryout_of(tenant: Tenant, product: Product) -> Tryout | None:
    """Return the newest that has ended."""
    return tryouts_of(tenant, product).filter(passed__isnull=False).last()


def tries_since(tenant: Tenant, at: datetime) -> QuerySet[Tryout]:
    """Return those of all products that began after ``at``."""
    return Tryout.objects.filter(tenant=tenant, created_at__gt=at)
