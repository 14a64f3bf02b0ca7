"""Two people edit one thing: the second is shown what the first saved, before anything is lost.

A form that edits a row carries `{% seen row %}`, the time at which the row had last been changed.
The view compares under a lock, and answers 409 with both versions; `web/partials/clash.html` shows
them. Sending that page again saves: it carries the time of what its reader has seen.

    with transaction.atomic():
        row = products_of(tenant).select_for_update().get(pk=product_id)
        if clash := clash_of(request, row, form, saved=initial(row)):
            return show(request, "…/edit.html", section, {"form": form, "clash": clash}, status=409)
        form.attempt(lambda: update_product(row, by=actor_of(request), **form.cleaned_data))
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from msgspec import Struct

from tollway.portal.accounts.selectors import admins_of
from tollway.portal.events.models import Event
from tollway.portal.events.selectors import events_of
from tollway.portal.web.site import site_of

FIELD = "seen"
EMPTY = "nothing"


class Row(Protocol):
    pk: Any
    updated_at: datetime


class Difference(Struct, frozen=True):
    """A field that the two do not agree on, both values as text."""

    label: str
    theirs: str
    yours: str


class Clash(Struct, frozen=True):
    """``by`` is who saved in between, "You" if in another window; ``at`` when."""

    by: str
    at: datetime
    seen: str
    differences: tuple[Difference, ...]


def seen(row: Row) -> str:
    """Return what the hidden field holds: the version of a row that its reader sees."""
    return row.updated_at.isoformat()


def unchanged(request: HttpRequest, row: Row) -> bool:
    """Whether ``row``, read under a lock, still is what the sender of this form saw.

    A form that does not say what its sender saw counts as unchanged.
    """
    return request.POST.get(FIELD, "") in {"", seen(row)}


def clash_of(
    request: HttpRequest,
    row: Row,
    form: forms.BaseForm,
    *,
    saved: Mapping[str, Any],
    kind: str = "",
) -> Clash | None:
    """Return what somebody else has saved meanwhile, or None if nothing was.

    ``saved`` holds the row's present values by the form's field names, as its ``initial`` does.
    ``kind`` is what the event log calls the row; the model's name unless given.
    """
    if unchanged(request, row):
        return None
    events = events_of(site_of(request).tenant)
    about = kind or type(row).__name__.lower()
    event = events.filter(object_kind=about, object_id=str(row.pk)).last()
    return Clash(
        by=author_of(request, event),
        at=row.updated_at,
        seen=seen(row),
        differences=tuple(_differences(form, saved)),
    )


def author_of(request: HttpRequest, event: Event | None) -> str:
    """Name who made a change: by an admin's name, or as what else can make one."""
    if event is None or event.actor_kind == "system":
        return "Tollway"
    if event.actor_kind != "user":
        return "The API"
    user = getattr(request, "tollway_user", None)
    if user is not None and event.actor_id == str(user.pk):
        return "You, in another window,"
    admins = admins_of(site_of(request).tenant).filter(pk=event.actor_id)
    return admins.values_list("username", flat=True).first() or "A former admin"


def _differences(form: forms.BaseForm, saved: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(str(bound.label), theirs, yours)
        for bound in form.visible_fields()
        if bound.name in saved
        and not isinstance(bound.field.widget, forms.PasswordInput)
        and (theirs := shown(bound, saved[bound.name])) != (yours := shown(bound, bound.value()))
    ]


def shown(bound: BoundField, value: Any) -> str:  # noqa: ANN401  (whatever a field holds)
    """Return a field's value in words: a choice by its label, a switch as on or off."""
    field = bound.field
    if isinstance(field, forms.BooleanField):
        return "on" if field.to_python(value) else "off"
    if isinstance(value, list | tuple):
        return ", ".join(shown(bound, one) for one in value) or EMPTY
    if isinstance(field, forms.ChoiceField):
        labels = {str(key): str(label) for key, label in _flat(field.choices)}
        return labels.get(str(value), str(value)) if value not in {None, ""} else EMPTY
    text = "" if value is None else str(bound.field.prepare_value(value))
    return text.replace("\r\n", "\n").strip() or EMPTY


def _flat(choices: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401  (Django's, grouped or not)
    return [
        pair
        for key, label in choices
        for pair in (_flat(label) if isinstance(label, list | tuple) else [(key, label)])
    ]
