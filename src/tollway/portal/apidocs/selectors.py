"""Finding documents. The tenant comes first."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.tenants.models import Tenant


def documents_of(tenant: Tenant) -> QuerySet[ApiDocument]:
    """Return all documents with their products, without what they say."""
    documents = ApiDocument.objects.filter(tenant=tenant).select_related("product")
    return documents.defer("body", "document").order_by("id")


def published_of(tenant: Tenant) -> QuerySet[ApiDocument]:
    """Return what developers may read."""
    return documents_of(tenant).filter(published=True)
