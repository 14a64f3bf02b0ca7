"""Reading where a tenant is in its wizard."""

from __future__ import annotations

from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import BackendUsage
from tollway.portal.onboarding.models import Wizard
from tollway.portal.tenants.models import Tenant


def wizard_of(tenant: Tenant) -> Wizard:
    """Return where the tenant is; at the beginning, and not saved, if it never was anywhere."""
    found = Wizard.objects.select_related("backend", "product").filter(tenant=tenant).first()
    return found or Wizard(tenant=tenant)


def connection_of(tenant: Tenant, wizard: Wizard) -> BackendUsage | None:
    """Return the use of the wizard's backend by its product, once there is one."""
    if wizard.product is None or wizard.backend is None:
        return None
    usages = catalog.backend_usages_of(tenant, wizard.product)
    return usages.filter(backend=wizard.backend).first()
