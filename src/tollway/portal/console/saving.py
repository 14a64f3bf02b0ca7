"""Saving a form over a row that somebody else may have changed since it was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpRequest
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Backend, BackendUsage, MappingRule, Metric, Product
from tollway.portal.fields import lock
from tollway.portal.plans.models import ApplicationPlan, Feature
from tollway.portal.web.editing import Clash, clash_of
from tollway.portal.web.forms import PageForm

R = TypeVar(
    "R",
    Account,
    Application,
    ApplicationPlan,
    Backend,
    BackendUsage,
    Feature,
    MappingRule,
    Metric,
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
