"""The fields of accounts, users and applications: their order, and what developers make of them.

3scale's page (feature map, FD1 to FD4), with the form beside it as developers see it.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import (
    BUILT_IN,
    Target,
    built_in,
    definitions_of,
)
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.accounts.selectors import fields_definitions_of
from tollway.portal.accounts.services import (
    create_fields_definition,
    delete_fields_definition,
    update_fields_definition,
)
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.fields.forms import (
    FieldForm,
    NewFieldForm,
    is_mandatory,
    rule_of,
    values,
)
from tollway.portal.console.fields.preview import preview
from tollway.portal.console.fields.targets import TARGETS, with_a_value
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import save, was
from tollway.portal.console.shell import show
from tollway.portal.fields import lock
from tollway.portal.web.editing import Clash
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import tell

SECTION = audience_section("fields-definitions")


class Listed(Struct, frozen=True):
    """``rule`` is one of ``forms.RULES``."""

    field: FieldsDefinition
    rule: str
    is_built_in: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant, target = site_of(request).tenant, request.GET.get("target", "")
    target = target if target in TARGETS else Target.ACCOUNT.value
    defined = {name: definitions_of(tenant, name) for name in TARGETS}
    rows = defined[target]
    names = {row.name for row in rows}
    context = {
        "target": target,
        "about": TARGETS[target],
        "rows": [_listed(row) for row in rows],
        "unused": [field for field in BUILT_IN[target] if field.name not in names],
        "seen": _order(rows),
        "preview": preview(rows),
        "tabs": [
            Tab(about.many.capitalize(), _url(name), name == target, len(defined[name]))
            for name, about in TARGETS.items()
        ],
    }
    return show(request, "console/fields/index.html", SECTION, context)


def _listed(row: FieldsDefinition) -> Listed:
    return Listed(row, rule_of(row), built_in(row.target, row.name) is not None)


@once
def new(request: HttpRequest) -> HttpResponse:
    """Define a field of ``?target=``; ``?name=`` and ``?label=`` fill in a built-in one."""
    tenant, target = site_of(request).tenant, request.GET.get("target", "")
    if target not in TARGETS:
        raise Http404
    if request.method != "POST":
        asked = built_in(target, request.GET.get("name", ""))
        initial = {"name": asked.name, "label": asked.label} if asked else {}
        return _form(request, target, NewFieldForm(initial=initial))
    form, row = NewFieldForm(request.POST), None
    if form.is_valid():
        given = form.given(tenant, target)
        row = form.attempt(lambda: create_fields_definition(tenant, by=actor_of(request), **given))
    if row is None:
        return _form(request, target, form, status=422)
    tell(request, f"{row.label} is defined", "Forms have it from now on.")
    return redirect(_url(target))


def edit(request: HttpRequest, field_id: int) -> HttpResponse:
    row = _row(request, field_id)
    if request.method != "POST":
        return _form(request, row.target, FieldForm(initial=values(row), row=row), row=row)
    form = FieldForm(request.POST, row=row, initial=values(row))
    outcome = save(
        request,
        form,
        row,
        lambda: update_fields_definition(row, by=actor_of(request), **form.changes()),
        values=values,
        kind="fields_definition",
    )
    if not outcome.saved:
        row, clash = _row(request, field_id), outcome.clash
        return _form(request, row.target, form, row=row, clash=clash, status=outcome.status)
    tell(request, f"{row.label} is saved", "In force at once.")
    return redirect(_url(row.target))


@require_POST
def delete(request: HttpRequest, field_id: int) -> HttpResponse:
    """Remove a field. Values stay where they are, so Undo brings all of it back."""
    rows = fields_definitions_of(site_of(request).tenant)
    row = rows.filter(pk=field_id).first()
    if row is None:  # gone already, as was wanted
        return redirect("fields-definitions")
    if is_mandatory(row):
        tell(request, f"{row.label} was not deleted", "It is built in and always required.")
        return redirect(_url(row.target))
    position = _place(row, definitions_of(row.tenant, row.target))
    kept = {"target": row.target, "name": row.name, "position": str(position)}
    kept |= {name: str(value) for name, value in values(row).items()}
    delete_fields_definition(row, by=actor_of(request))
    tell(
        request,
        f"{row.label} is deleted",
        "Forms do not have it any more.",
        undo=reverse("field-restore"),
        **kept,
    )
    return redirect(_url(row.target))


@once
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Define a field again that was deleted just now, where it was."""
    tenant, target = site_of(request).tenant, request.POST.get("target", "")
    if target not in TARGETS:
        raise Http404
    form, by = NewFieldForm(request.POST), actor_of(request)
    position = chosen_id(request.POST.get("position", ""))
    if not form.is_valid():
        return _form(request, target, form, status=422)
    with transaction.atomic():
        given = form.given(tenant, target)
        row = form.attempt(lambda: create_fields_definition(tenant, by=by, **given))
        if row is not None and position:
            update_fields_definition(row, by=by, position=position)
    if row is None:
        return _form(request, target, form, status=422)
    tell(request, f"{row.label} is back")
    return redirect(_url(target))


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Put ``field`` at ``position``, or ``by`` so many on, if the order is as was ``seen``."""
    tenant, by = site_of(request).tenant, actor_of(request)
    row = _row(request, chosen_id(request.POST.get("field", "")))
    with transaction.atomic():
        lock(tenant)
        row.refresh_from_db()
        rows = definitions_of(tenant, row.target)
        before = _place(row, rows)
        if request.POST.get("seen", "") not in {"", _order(rows)}:
            tell(request, "Nothing was moved", "Somebody changed the fields meanwhile: look again.")
            return redirect(_url(row.target))
        position = chosen_id(request.POST.get("position", "")) or before + _step(request)
        wanted = min(max(position, 1), len(rows))
        if wanted != before:
            update_fields_definition(row, by=by, position=wanted)
            undo = {"field": str(row.pk), "position": str(before)}
            place = f"{row.label} is field {wanted} now"
            tell(request, place, "In every form.", undo=reverse("fields-move"), **undo)
    return redirect(_url(row.target))


def _place(row: FieldsDefinition, rows: list[FieldsDefinition]) -> int:
    """Return the number of a field among those of its target, from 1."""
    return [each.pk for each in rows].index(row.pk) + 1


def _step(request: HttpRequest) -> int:
    return {"-1": -1, "1": 1}.get(request.POST.get("by", ""), 0)


def _row(request: HttpRequest, pk: int) -> FieldsDefinition:
    row = fields_definitions_of(site_of(request).tenant).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _url(target: str) -> str:
    return f"{reverse('fields-definitions')}?{urlencode({'target': target})}"


def _order(rows: list[FieldsDefinition]) -> str:
    """Return a text that changes when fields come, go or change places."""
    ids = ",".join(str(row.pk) for row in rows)
    return hashlib.blake2b(ids.encode(), digest_size=8).hexdigest()


def _form(
    request: HttpRequest,
    target: str,
    form: FieldForm,
    *,
    row: FieldsDefinition | None = None,
    clash: Clash | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form, "about": TARGETS[target], "back": _url(target), "row": row, "clash": clash,
    }  # fmt: skip
    if row is not None:
        context["was"] = was(request, values(row), clash)
        context["mandatory"] = is_mandatory(row)
        context["delete_title"] = f"Delete {row.label}?"
        context["delete_text"] = _what_deleting_means(row)
    return show(request, "console/fields/form.html", SECTION, context, status=status)


def _what_deleting_means(row: FieldsDefinition) -> str:
    count, about = with_a_value(row), TARGETS[row.target]
    if not count:
        return f"No {about.one} has a value in it. Forms and the API do not have it any more."
    have = f"1 {about.one} has" if count == 1 else f"{count:,} {about.many} have"
    return (
        f"{have} a value in it. Values are kept, but shown nowhere, until a field of the name"
        f" {row.name} is defined again."
    )
