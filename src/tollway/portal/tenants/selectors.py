"""Finding tenants: by what a request's host or credentials say. Nothing else is found unscoped."""

from __future__ import annotations

from tollway.portal.fields import digest
from tollway.portal.tenants.models import Tenant


def master() -> Tenant | None:
    """Return the operator's own tenant; None before the installation is set up."""
    return Tenant.objects.filter(is_master=True).first()


def tenant_by_subdomain(subdomain: str) -> Tenant | None:
    return Tenant.objects.filter(subdomain=subdomain).first()


def has_provider_key(tenant: Tenant, key: str) -> bool:
    return tenant.provider_key_digest == digest("provider_key", key)
