"""The documents of a tenant, or of a product; publishing, hiding and deleting them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.apidocs.services import delete_document, update_document
from tollway.portal.catalog.models import Product
from tollway.portal.console.apidocs.finding import document_or_404, seen_documents
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.fields import lock
from tollway.portal.onboarding.sample import PRODUCT, describe_echo
from tollway.portal.web.listing import listed
from tollway.portal.web.toasts import tell

LIST, OF_PRODUCT = "api-documents", "product-api-documents"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    documents = seen_documents(request)
    sample = None if documents.exists() else _sample(request)
    return _list(request, documents, audience_section(LIST), {"sample": sample})


@require_safe
def of_product(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    documents = seen_documents(request).filter(product=product)
    section = product_section(request, product, OF_PRODUCT)
    is_sample = product.system_name == PRODUCT and not documents.exists()
    context = {"product": product, "sample": product if is_sample else None}
    return _list(request, documents, section, context)


def _list(
    request: HttpRequest, documents: QuerySet[Any], section: Section, context: dict[str, Any]
) -> HttpResponse:
    listing = listed(
        request,
        documents,
        sorts={"name": Lower("name"), "state": "published", "product": "product__name",
               "updated": "updated_at"},
        default="name",
        search=_search,
    )  # fmt: skip
    return show(request, "console/apidocs/index.html", section, {"listing": listing, **context})


def _search(documents: QuerySet[Any], text: str) -> QuerySet[Any]:
    return documents.filter(Q(name__icontains=text) | Q(system_name__icontains=text))


def _sample(request: HttpRequest) -> Product | None:
    """Return the product that a tenant begins with, if it is still there and may be seen."""
    return sight_of(request).products().filter(system_name=PRODUCT).first()


@require_POST
def add_echo(request: HttpRequest) -> HttpResponse:
    """Describe the sample product, which has no document: tenants of old began without one."""
    product = _sample(request)
    if product is None:
        raise Http404
    by = actor_of(request)
    with transaction.atomic():
        lock(product)  # pressed twice is pressed once
        if not seen_documents(request).filter(product=product).exists():
            describe_echo(product, by=by)
    tell(request, "The Echo API is described", "Developers read it in the API reference.")
    return redirect(_list_of(request))


@require_POST
def publish(request: HttpRequest, document_id: int) -> HttpResponse:
    """Publish a document, or hide it: ``published`` is "1" or ""."""
    document = document_or_404(request, document_id)
    published = bool(request.POST.get("published"))
    update_document(document, by=actor_of(request), published=published)
    text = f"{document.name} is {'published' if published else 'hidden'}"
    detail = (
        "Developers read it in the API reference." if published else "Developers do not see it."
    )
    fields = {"published": "" if published else "1", "of": request.POST.get("of", "")}
    tell(request, text, detail, undo=request.path, **fields)
    if request.POST.get("of") == "this":
        return redirect("api-document-preview", document_id=document.pk)
    return redirect(_list_of(request))


@require_POST
def delete(request: HttpRequest, document_id: int) -> HttpResponse:
    document = seen_documents(request).filter(pk=document_id).first()
    if document is not None:  # else gone already, as was wanted
        delete_document(document, by=actor_of(request))
        tell(request, f"{document.name} is deleted")
    return redirect(_list_of(request))


def _list_of(request: HttpRequest) -> str:
    """Return to the list that the button was in: ``of`` is the product whose list it is."""
    of = request.POST.get("of", "")
    if of.isascii() and of.isdecimal() and len(of) <= 18:
        return reverse(OF_PRODUCT, kwargs={"product_id": int(of)})
    return reverse(LIST)
