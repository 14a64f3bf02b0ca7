"""The API reference: documents, each with Swagger UI, and credentials filled in when asked for.

Calls go from the browser to the gateway itself, which lets this portal's pages (docs/gateway.md).
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.selectors import published_of
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.pages import present
from tollway.portal.web.calls import credentials_for
from tollway.portal.web.headers import content_security_policy
from tollway.portal.web.listing import listed
from tollway.portal.web.reference import Reference, reference_of
from tollway.portal.web.site import site_of

HERE = "developer-docs"
_LISTED_MAX = 500
_CHOICES_MAX = 100


class Entry(Struct, frozen=True):
    """A document in the list."""

    name: str
    description: str
    product: str
    url: str


class Choice(Struct, frozen=True):
    """An application whose credentials may be filled in, and where they are asked for."""

    name: str
    url: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the documents; where there is one only, lead to it."""
    published = published_of(site_of(request).tenant)
    if only := _only(published):
        return redirect("developer-doc", system_name=only.system_name)
    listing = listed(
        request,
        published,
        sorts={"name": Lower("name")},
        default="name",
        search=lambda rows, text: rows.filter(
            Q(name__icontains=text) | Q(description__icontains=text)
        ),
    )
    return show(request, "docs", {"documents": plain(listing, _entry)}, item=HERE)


@require_safe
def document(request: HttpRequest, system_name: str) -> HttpResponse:
    row = _found(request, system_name)
    reference = reference_of(row)
    context = {
        "document": _entry(row),
        "fills": msgspec.json.encode(reference.fills).decode(),
        "choices": _choices(request, row) if reference.fills else (),
        "asks": bool(reference.fills),
        "spec": reverse("developer-spec", kwargs={"system_name": system_name}),
        "several": _only(published_of(site_of(request).tenant)) is None,
    }
    response = show(request, "doc", context, item=HERE)
    response["Content-Security-Policy"] = content_security_policy(calls=reference.origins)
    return response


@require_safe
def spec(request: HttpRequest, system_name: str) -> HttpResponse:
    """Answer with a document as the page shows it, for programs too (3scale's address)."""
    reference: Reference = reference_of(_found(request, system_name))
    return _json(reference.document)


@require_safe
def specs(request: HttpRequest) -> HttpResponse:
    """List the documents for programs."""
    base = f"{request.scheme}://{request.get_host()}"
    rows = published_of(site_of(request).tenant)[:_LISTED_MAX]
    return _json({"apis": [_listed(row, base) for row in rows]})


@require_safe
def credentials(request: HttpRequest, application_id: int) -> HttpResponse:
    """Answer with an application's credentials, for the page that its developer is on."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Http404
    application = application_or_404(request, application_id)
    if application.state != Application.State.LIVE:
        raise Http404
    tenant, product = site_of(request).tenant, application.product
    response = _json(credentials_for(tenant, product, proxy_of(tenant, product), application))
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _only(published: QuerySet[ApiDocument]) -> ApiDocument | None:
    rows = published[:2]
    return rows[0] if len(rows) == 1 else None


def _found(request: HttpRequest, system_name: str) -> ApiDocument:
    rows = published_of(site_of(request).tenant).filter(system_name=system_name)
    row = rows.first()
    if row is None:
        raise Http404
    return row


def _entry(row: ApiDocument) -> Entry:
    url = reverse("developer-doc", kwargs={"system_name": row.system_name})
    return Entry(row.name, row.description, row.product.name if row.product else "", url)


def _choices(request: HttpRequest, row: ApiDocument) -> tuple[Choice, ...]:
    """Return the developer's applications that may call what the document describes."""
    developer = present(request)
    if developer is None:
        return ()
    rows = applications_of(site_of(request).tenant, developer.account)
    rows = rows.filter(product=row.product_id, state=Application.State.LIVE)
    return tuple(
        Choice(each.name, reverse("developer-credentials", kwargs={"application_id": each.pk}))
        for each in rows[:_CHOICES_MAX]
    )


def _listed(row: ApiDocument, base: str) -> dict[str, str]:
    path = reverse("developer-spec", kwargs={"system_name": row.system_name})
    return {
        "system_name": row.system_name,
        "name": row.name,
        "description": row.description,
        "path": f"{base}{path}",
    }


def _json(value: Any) -> HttpResponse:  # noqa: ANN401
    return HttpResponse(msgspec.json.encode(value), content_type="application/json")
