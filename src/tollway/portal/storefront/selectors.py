"""Reading an organisation's brand and terms. The tenant comes first in every function."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from tollway.portal.storefront.models import Brand, Terms
from tollway.portal.tenants.models import Tenant


def brand_of(tenant: Tenant) -> Brand | None:
    """Return the brand without the logo's bytes, None while nothing was set."""
    return Brand.objects.filter(tenant=tenant).defer("logo").first()


def logo_of(tenant: Tenant, digest: str) -> Brand | None:
    """Return the brand whose logo has this digest."""
    return Brand.objects.filter(tenant=tenant, logo_digest=digest).exclude(logo_digest="").first()


def versions_of(tenant: Tenant, kind: str) -> QuerySet[Terms]:
    """Return all versions of one kind of terms, the oldest first."""
    return Terms.objects.filter(tenant=tenant, kind=kind).order_by("id")


def terms_in_force(tenant: Tenant, kinds: Collection[str]) -> list[Terms]:
    """Return what has to be accepted now, in the order of ``kinds``; kinds without are left out."""
    newest = [versions_of(tenant, kind).last() for kind in kinds]
    return [each for each in newest if each is not None and each.text]
