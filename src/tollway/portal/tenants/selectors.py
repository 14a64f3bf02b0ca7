"""Finding tenants: by what a request's host or credentials say. Nothing else is found unscoped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from tollway.portal.fields import BLANK, TAKEN, digest, unused
from tollway.portal.tenants.models import RESERVED, SUBDOMAIN_LENGTH_MAX, Tenant


def master() -> Tenant | None:
    """Return the operator's own tenant; None before the installation is set up."""
    return Tenant.objects.filter(is_master=True).first()


def tenant_by_subdomain(subdomain: str) -> Tenant | None:
    return Tenant.objects.filter(subdomain=subdomain).first()


def tenant_by_own_host(host: str) -> Tenant | None:
    """Find who uses a host of their own, for either portal."""
    return holders_of(host).first()


def holders_of(host: str) -> QuerySet[Tenant]:
    """Return who uses a host: nobody, or one tenant for one of its portals."""
    return Tenant.objects.filter(Q(developer_domain=host) | Q(admin_domain=host))


def refusal_of_subdomain(name: str) -> str:
    """Return what keeps a new tenant from having this subdomain, "" if it is free."""
    if not name:
        return BLANK
    field = Tenant._meta.get_field("subdomain")  # noqa: SLF001  (Django's documented name)
    try:
        field.run_validators(name)
    except ValidationError as refused:
        return str(refused.messages[0])
    return TAKEN if tenant_by_subdomain(name) else ""


def free_subdomain(org_name: str) -> str:
    """Make a free subdomain of an organisation's name: `acme`, `acme-2`."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in org_name.lower())
    base = "-".join(filter(None, kept.split("-")))[: SUBDOMAIN_LENGTH_MAX - 8].strip("-")
    base = re.sub(r"(-admin)+$", "", base) or "tenant"
    used = Tenant.objects.filter(subdomain__startswith=base)
    return unused(base, "-", {*RESERVED, *used.values_list("subdomain", flat=True)})


def providers_of(operator: Tenant) -> QuerySet[Tenant]:
    """Return the tenants that the operator serves: all but its own. Of anybody else's, none."""
    tenants = Tenant.objects.filter(is_master=False).order_by("id")
    return tenants if operator.is_master else tenants.none()


def has_provider_key(tenant: Tenant, key: str, at: datetime) -> bool:
    """Say whether it is the tenant's key, or the one before, which is taken for a while."""
    found = digest("provider_key", key)
    until = tenant.old_provider_key_until
    old = tenant.old_provider_key_digest if until is not None and at < until else ""
    return found in {tenant.provider_key_digest, old}


def tenant_by_provider_key(key: str) -> Tenant | None:
    """Find whose key it is, for the operator; a tenant's own calls name their tenant by host."""
    return Tenant.objects.filter(provider_key_digest=digest("provider_key", key)).first()


def with_ended_keys(at: datetime) -> Iterable[Tenant]:
    """Return the tenants whose old provider key is no longer taken."""
    return Tenant.objects.filter(old_provider_key_until__lte=at).order_by("id")


def to_be_deleted(at: datetime) -> Iterable[Tenant]:
    """Return the tenants whose time to come back has passed."""
    scheduled = Tenant.objects.filter(state=Tenant.State.SCHEDULED_FOR_DELETION)
    return scheduled.filter(deletion_at__lte=at).order_by("id")
