"""Writing a document: a new one, or another text for one that is there."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.selectors import documents_of
from tollway.portal.apidocs.services import create_document, update_document
from tollway.portal.console import naming
from tollway.portal.console.apidocs.finding import document_or_404
from tollway.portal.console.apidocs.forms import (
    BODY,
    FILE,
    NAMING,
    DocumentForm,
    NewDocumentForm,
    sent,
    values,
)
from tollway.portal.console.apidocs.index import LIST
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import save
from tollway.portal.console.shell import show
from tollway.portal.web.editing import Clash, Difference
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_LINE_MAX = 120


@once
def new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        chosen = {"product": request.GET.get("product", "")}
        return _new(request, NewDocumentForm(request, initial=chosen))
    data, refusal = sent(request)
    form = NewDocumentForm(request, data)
    if refusal:
        form.add_error(FILE, refusal)
    made = None
    if form.is_valid():
        tenant, by = site_of(request).tenant, actor_of(request)
        made = form.attempt(lambda: create_document(tenant, by=by, **form.given))
    if made is None:
        return _new(request, form, status=422)
    detail = (
        "This is how developers see it." if made.published else "Hidden: publish it when it is."
    )
    tell(request, f"{made.name} is there", detail)
    return redirect("api-document-preview", document_id=made.pk)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    return naming.suggest(request, NAMING, documents_of(site_of(request).tenant), "name")


def edit(request: HttpRequest, document_id: int) -> HttpResponse:
    document = document_or_404(request, document_id)
    if request.method != "POST":
        form = DocumentForm(request, initial=values(document))
        return _edit(request, document, {"form": form})
    data, refusal = sent(request)
    form = DocumentForm(request, data)
    if refusal:
        form.add_error(FILE, refusal)
    outcome = save(
        request,
        form,
        document,
        lambda: update_document(document, by=actor_of(request), **form.given),
        values=values,
        kind="api_document",
    )
    if not outcome.saved:
        found = {"form": form, "clash": outcome.clash and _shortened(outcome.clash, form)}
        return _edit(request, document_or_404(request, document_id), found, status=outcome.status)
    tell(request, f"{document.name} is saved", "Developers read it at once.")
    return redirect("api-document-preview", document_id=document.pk)


def _new(request: HttpRequest, form: NewDocumentForm, *, status: int = 200) -> HttpResponse:
    section = audience_section(LIST)
    return show(request, "console/apidocs/new.html", section, {"form": form}, status=status)


def _edit(
    request: HttpRequest, document: ApiDocument, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    section, context = audience_section(LIST), {"document": document, **context}
    return show(request, "console/apidocs/edit.html", section, context, status=status)


def _shortened(clash: Clash, form: DocumentForm) -> Clash:
    """Show of two documents the first line in which they differ."""
    label = str(form[BODY].label)
    differences = tuple(
        _first_line(each) if each.label == label else each for each in clash.differences
    )
    return msgspec.structs.replace(clash, differences=differences)


def _first_line(difference: Difference) -> Difference:
    theirs, yours = difference.theirs.split("\n"), difference.yours.split("\n")
    pairs = enumerate(zip(theirs, yours, strict=False))
    at = next((i for i, (a, b) in pairs if a != b), min(len(theirs), len(yours)))
    return Difference(difference.label, _said(theirs, at), _said(yours, at))


def _said(lines: list[str], at: int) -> str:
    text = lines[at].strip()[:_LINE_MAX] if at < len(lines) else "the end"
    return f"line {at + 1}: {text}"
