"""Saving a form over a row that somebody else may have changed since it was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from tollway.portal.accounts.models import Account, FieldsDefinition, Note, User
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Backend, BackendUsage, MappingRule, Metric, Product
from tollway.portal.fields import lock
from tollway.portal.plans.models import Feature, PricingRule
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.web.editing import Clash, clash_of
from tollway.portal.web.forms import PageForm

R = TypeVar(
    "R",
    Account,
    AnyPlan,
    ApiDocument,
    Application,
    Backend,
    BackendUsage,
    Feature,
    FieldsDefinition,
    MappingRule,
    Metric,
    Note,
    PricingRule,
    Product,
    User,
)


WAS = "was"


class Outcome(Struct, frozen=True):
    """Not ``saved``: the form says why at its fields, or ``clash`` shows what another has saved."""

    saved: bool
    clash: Clash | None = None

    @property
    def status(self) -> int:
        """The status of the page that shows the form again."""
        return 409 if self.clash else 422


def save(
    request: HttpRequest,
    form: PageForm,
    row: R,
    act: Callable[[], object],
    *,
    values: Callable[[R], Mapping[str, Any]],
    kind: str = "",
) -> Outcome:
    """Call ``act``, a service's change of ``row``, if the form is valid and nobody was faster.

    ``values`` reads a row as the form's ``initial``; ``kind`` is what the event log calls it.
    Somebody may have changed what the form does not show: then what it ``was`` is the same still.
    """
    if not form.is_valid():
        return Outcome(saved=False)
    with transaction.atomic():
        lock(row)
        saved = values(row)
        clash = clash_of(request, row, form, saved=saved, kind=kind)
        if clash is not None and is_as_it_was(request, saved):
            clash = None
        if clash is None:
            form.attempt(act)
    return Outcome(saved=clash is None and not form.errors, clash=clash)


class Edit(Struct, Generic[R], frozen=True):
    """A page whose form changes one row.

    ``form`` is made of what was sent, or of ``initial=``; ``values`` reads the row as its initial
    values. ``act`` is the service's change; ``page`` shows the form, given the context and a
    status, and ``done`` answers when all is saved.
    """

    form: Callable[..., PageForm]
    values: Callable[[R], Mapping[str, Any]]
    act: Callable[[R, Any], object]
    page: Callable[[R, Mapping[str, Any], int], HttpResponse]
    done: Callable[[R], HttpResponse]


def edited(request: HttpRequest, row: R, edit: Edit[R]) -> HttpResponse:
    """Show the form of a row; save what was sent, or show it again with what stands in the way."""
    if request.method != "POST":
        form = edit.form(initial=edit.values(row))
        return edit.page(row, {"form": form, "was": was(request, edit.values(row))}, 200)
    form = edit.form(request.POST)
    outcome = save(request, form, row, lambda: edit.act(row, form), values=edit.values)
    if outcome.saved:
        return edit.done(row)
    row.refresh_from_db()  # a service that refused may have set values already
    clash = outcome.clash
    context = {"form": form, "clash": clash, "was": was(request, edit.values(row), clash)}
    return edit.page(row, context, outcome.status)


def was(request: HttpRequest, saved: Mapping[str, Any], clash: Clash | None = None) -> str:
    """Return what a form says in the field ``was`` of the values that its reader sees.

    One that comes back with an error still says what was seen at first.
    """
    sent = "" if clash else request.POST.get(WAS, "")
    return sent or fingerprint(saved)


def is_as_it_was(request: HttpRequest, saved: Mapping[str, Any]) -> bool:
    return request.POST.get(WAS, "") == fingerprint(saved)


def fingerprint(saved: Mapping[str, Any]) -> str:
    """Return a text that changes when one of the values does."""
    return hashlib.blake2b(repr(sorted(saved.items())).encode(), digest_size=12).hexdigest()
