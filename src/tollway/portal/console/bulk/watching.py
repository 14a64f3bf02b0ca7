"""How far bulk runs have come, what could not be done in each, and calling one off."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.bulk.kinds import Kind, kind_of
from tollway.portal.bulk.models import Fault, Run
from tollway.portal.bulk.selectors import faults_of, runs_of
from tollway.portal.bulk.services import cancel as call_off
from tollway.portal.bulk.services import put_back, ways_back
from tollway.portal.bulk.subjects import Subject
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.bulk.asking import title_of
from tollway.portal.console.bulk.reading import list_of
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.shell import show
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SECTION = audience_section("bulk-runs")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    runs = runs_of(site_of(request).tenant, user_of(request))
    sorts = {"started": "created_at"}
    listing = listed(request, runs, sorts=sorts, default="-started")
    rows = [{"run": run, "title": _title(run)} for run in listing.page.object_list]
    return show(request, "console/bulk/index.html", SECTION, {"listing": listing, "rows": rows})


@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    return show(request, "console/bulk/run.html", SECTION, _context(request, run_id))


@require_safe
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """Answer the part of the page that asks for itself until the run has ended."""
    return render(request, "console/bulk/progress.html", _context(request, run_id))


@require_POST
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    found = _run_or_404(request, run_id)
    try:
        call_off(found, by=actor_of(request))
    except ValidationError:
        tell(request, "Nothing was changed", "It has ended already.")
    else:
        tell(request, "It is cancelled", "What was done stays done.")
    return redirect("bulk-run", run_id=found.pk)


@once
@require_POST
def back(request: HttpRequest, run_id: int) -> HttpResponse:
    """Put back what a run has done, by another run."""
    found = _run_or_404(request, run_id)
    try:
        made = put_back(found, user=user_of(request), by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "Nothing was changed", f"{'. '.join(refusal.messages)}.")
        return redirect("bulk-run", run_id=found.pk)
    return redirect("bulk-run", run_id=made.pk)


def _run_or_404(request: HttpRequest, run_id: int) -> Run:
    found = runs_of(site_of(request).tenant, user_of(request)).filter(pk=run_id).first()
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, run_id: int) -> dict[str, Any]:
    found = _run_or_404(request, run_id)
    kind = kind_of(found.kind)
    faults = faults_of(found.tenant, found)
    listing = listed(request, faults, sorts={"order": "id"}, default="order")
    return {
        "run": found,
        "title": _title(found),
        "back": list_of(kind.subject) if kind else reverse("bulk-runs"),
        "what": kind.subject.value if kind else "rows",
        **(_way_back(found, kind) if kind and not found.is_running else {}),
        "listing": listing,
        "faults": [
            {"fault": fault, "url": _url(kind.subject, fault) if kind else ""}
            for fault in listing.page.object_list
        ],
    }


def _way_back(found: Run, kind: Kind) -> dict[str, Any]:
    """Return how many rows can be put back, in words too, and the run that does or did so."""
    ended_well = (Run.State.RUNNING, Run.State.DONE)
    count = ways_back(found)
    noun = kind.subject.value if count != 1 else kind.subject.value.removesuffix("s")
    return {
        "undone_by": found.undone_by.filter(state__in=ended_well).order_by("-pk").first(),
        "ways_back": f"{count:,} {noun}" if count else "",
        "aspect": kind.aspect.noun if kind.aspect else "",
    }


def _title(found: Run) -> str:
    kind = kind_of(found.kind)
    return title_of(kind, found.total) if kind else found.kind


def _url(subject: Subject, fault: Fault) -> str:
    """Return the page of what it could not be done to; a subscription has none of its own."""
    pages = {Subject.ACCOUNTS: "account", Subject.APPLICATIONS: "application"}
    return reverse(pages[subject], args=(fault.object_id,)) if subject in pages else ""
