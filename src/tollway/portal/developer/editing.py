"""Saving a developer's form: over a row that another may have changed since, and not too often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from django.db import transaction
from django.http import HttpRequest
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.developer.pages import developer_of
from tollway.portal.fields import lock
from tollway.portal.web.editing import FIELD, Clash, clash_of, seen
from tollway.portal.web.entry import attempt
from tollway.portal.web.forms import PageForm
from tollway.portal.web.throttle import MAKING

R = TypeVar("R", Account, Application, User)

SOMEBODY = "Somebody else"  # whoever it was: admins' names are not for developers


class Outcome(Struct, frozen=True):
    """Not ``saved``: the form says why at its fields, or ``clash`` shows what another has saved."""

    saved: bool
    clash: Clash | None = None

    @property
    def status(self) -> int:
        return 409 if self.clash else 422


def save(
    request: HttpRequest,
    form: PageForm,
    row: R,
    act: Callable[[], object],
    *,
    values: Callable[[R], Mapping[str, Any]],
) -> Outcome:
    """Call ``act``, a service's change of ``row``, if the form is valid and nobody was faster."""
    if not form.is_valid():
        return Outcome(saved=False)
    with transaction.atomic():
        lock(row)
        clash = clash_of(request, row, form, saved=values(row))
        if clash is None:
            form.attempt(act)
    if clash is not None:
        return Outcome(saved=False, clash=msgspec.structs.replace(clash, by=SOMEBODY))
    return Outcome(saved=not form.errors)


def is_too_often(request: HttpRequest, form: PageForm) -> bool:
    """Say on the form that the account makes too much: all of it is told to the provider."""
    trial = attempt(request, MAKING, str(developer_of(request).account.pk))
    if trial.refusal:
        form.add_error(None, trial.refusal)
    return bool(trial.refusal)


def version(request: HttpRequest, row: R, outcome: Outcome | None = None) -> str:
    """Return what the form's hidden field says: which version of the row its reader sees."""
    if outcome is not None and outcome.clash is not None:
        return outcome.clash.seen
    return request.POST.get(FIELD, "") or seen(row)
