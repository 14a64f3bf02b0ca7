"""The end of a tenant: 15 days after it was scheduled, everything that is its own goes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tollway.portal.catalog.selectors import products_of
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM
from tollway.portal.fields import lock
from tollway.portal.tenants import selectors
from tollway.portal.tenants.models import Tenant


def delete_due_tenants(at: datetime) -> int:
    """Delete the tenants whose time to come back has passed; return how many."""
    return sum(_delete(tenant, at) for tenant in selectors.to_be_deleted(at))


@transaction.atomic
def _delete(tenant: Tenant, at: datetime) -> bool:
    """Delete a tenant, unless it was resumed just now.

    Its log goes with it, so the operator's tells those who have published something of it.
    """
    lock(tenant)
    operator = selectors.master()
    if operator is None or tenant.deletion_at is None or tenant.deletion_at > at:
        return False
    keys = [tenant.provider_key_digest, tenant.old_provider_key_digest]
    before = {
        "org_name": tenant.org_name,
        "subdomain": tenant.subdomain,
        "products": list(products_of(tenant).values_list("pk", flat=True)),
        "provider_key_digests": [key for key in keys if key],
    }
    pk = tenant.pk
    tenant.delete()
    events.append(operator, "tenant.deleted", pk, by=SYSTEM, before=before)
    return True
