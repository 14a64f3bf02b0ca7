"""Which documents a user may see: those of products that they may see, and those of none."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.selectors import documents_of
from tollway.portal.console.pages import user_of
from tollway.portal.web.site import site_of


def seen_documents(request: HttpRequest) -> QuerySet[ApiDocument]:
    documents, allowed = documents_of(site_of(request).tenant), user_of(request).allowed_products()
    if allowed is None:
        return documents
    return documents.filter(Q(product__in=allowed) | Q(product__isnull=True))


def document_or_404(request: HttpRequest, document_id: int) -> ApiDocument:
    found = seen_documents(request).filter(pk=document_id).first()
    if found is None:
        raise Http404
    return found
