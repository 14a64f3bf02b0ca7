"""Asking what is to be done to many rows, and starting it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.bulk.kinds import KINDS, Kind, Needs
from tollway.portal.bulk.letters import preview
from tollway.portal.bulk.models import Run
from tollway.portal.bulk.selectors import plans_for
from tollway.portal.bulk.services import start
from tollway.portal.bulk.subjects import Selection, Subject, name_of, rows_of
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.bulk.forms import BulkForm, form_of
from tollway.portal.console.bulk.reading import (
    UnreadableError,
    kept,
    list_of,
    selection_of,
)
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.shell import Section, show
from tollway.portal.mail.letters import Letter
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

NAMED_MAX = 10


class Asked(Struct, frozen=True):
    """What is asked for, and of which rows; ``count`` of them."""

    name: str
    kind: Kind
    tenant: Tenant
    user: User
    given: QueryDict
    selection: Selection
    rows: QuerySet[Any, Any]
    count: int


@once
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what would be done to which rows; a POST starts it, or shows how a letter looks."""
    try:
        asked = _asked(request, kind)
    except UnreadableError:
        tell(request, "Nothing was done", "One of the filters is not a choice any more.")
        return redirect(list_of(KINDS[kind].subject))
    plans, reason = _plans(asked)
    form = form_of(asked.kind, request.POST if request.method == "POST" else None, plans)
    if request.method != "POST":
        return _page(request, asked, form, reason=reason)
    if form.is_valid():
        if "preview" in request.POST:
            said = form.parameters()
            letter = preview(asked.tenant, said.subject, said.body)
            return _page(request, asked, form, letter=letter)
        run = form.attempt(lambda: _started(request, asked, form))
        if run is not None:
            return redirect("bulk-run", run_id=run.pk)
    return _page(request, asked, form, reason=reason, status=422)


def _asked(request: HttpRequest, name: str) -> Asked:
    kind = KINDS.get(name)
    if kind is None:
        raise Http404
    tenant, user = site_of(request).tenant, user_of(request)
    given = request.POST if request.method == "POST" else request.GET
    selection = selection_of(request, kind.subject, given)
    rows = rows_of(tenant, user, kind.subject, selection)
    return Asked(name, kind, tenant, user, given, selection, rows, rows.count())


def _started(request: HttpRequest, asked: Asked, form: BulkForm) -> Run:
    try:
        return start(
            asked.tenant,
            asked.name,
            asked.selection,
            form.parameters(),
            user=asked.user,
            by=actor_of(request),
        )
    except ValidationError as refusal:
        found = refusal.message_dict
        if "plan" in found:
            raise ValidationError({"to_plan": found["plan"]}) from refusal
        raise


def _plans(asked: Asked) -> tuple[QuerySet[Any, Any], str]:
    """Return the plans to choose from, or why there are none: they are of one product each."""
    plans = plans_for(asked.tenant, asked.kind.subject, asked.user.allowed_products())
    plans = plans.order_by("name", "pk")
    if asked.kind.needs is not Needs.PLAN or asked.kind.subject is Subject.ACCOUNTS:
        return plans, ""
    products = list(asked.rows.order_by().values_list("product", flat=True).distinct()[:2])
    if len(products) > 1:
        reason = "These belong to several products, and each has plans of its own."
        return plans.none(), f"{reason} Narrow the list down to one product."
    return plans.filter(product__in=products), ""


def _page(
    request: HttpRequest,
    asked: Asked,
    form: BulkForm,
    *,
    reason: str = "",
    letter: Letter | None = None,
    status: int = 200,
) -> HttpResponse:
    names = [name_of(asked.kind.subject, row) for row in asked.rows[:NAMED_MAX]]
    context = {
        "kind": asked.kind,
        "title": title_of(asked.kind, asked.count),
        "form": form,
        "count": asked.count,
        "names": names,
        "unnamed": asked.count - len(names),
        "stays": _stays(asked),
        "kept": kept(asked.given),
        "back": list_of(asked.kind.subject, asked.given),
        "reason": reason if asked.count else "",
        "letter": letter,
        "writes": asked.kind.needs is Needs.LETTER,
    }
    return show(request, "console/bulk/ask.html", section_of(asked.kind), context, status=status)


def _stays(asked: Asked) -> int:
    """Return how many are not in a state in which it can be done."""
    if not asked.kind.sources:
        return 0
    return asked.rows.exclude(state__in=asked.kind.sources).count()


def title_of(kind: Kind, count: int) -> str:
    """Say what is done to how many: "Suspend 3 accounts"."""
    noun = kind.subject.value if count != 1 else kind.subject.value.removesuffix("s")
    return f"{kind.verb} {count:,} {noun}"


def section_of(kind: Kind) -> Section:
    return audience_section("accounts" if kind.subject is Subject.ACCOUNTS else "applications")
