"""A document as developers see it, but for calls: those come from the developer portal."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tollway.portal.console.apidocs.finding import document_or_404
from tollway.portal.console.apidocs.index import LIST
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.shell import developer_portal, show
from tollway.portal.web.reference import reference_of


@require_safe
def preview(request: HttpRequest, document_id: int) -> HttpResponse:
    document = document_or_404(request, document_id)
    shown_at = f"{developer_portal(request)}docs/{document.system_name}"
    context = {"document": document, "shown_at": shown_at}
    return show(request, "console/apidocs/preview.html", audience_section(LIST), context)


@require_safe
def content(request: HttpRequest, document_id: int) -> HttpResponse:
    """Answer with what the page draws."""
    shown = reference_of(document_or_404(request, document_id)).document
    return HttpResponse(msgspec.json.encode(shown), content_type="application/json")
