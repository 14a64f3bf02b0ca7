"""The dashboard's pages: itself, what moves on it, the guided paths, the go-live steps' switch."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.dashboard import (
    attention,
    numbers,
    operator,
    overview,
    recent,
    steps,
    traffic,
)
from tollway.portal.console.dashboard.example import example_for
from tollway.portal.console.dashboard.traffic import Day
from tollway.portal.console.pages import EVERYBODY, actor_of, page, user_of
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.golive import selectors as golive
from tollway.portal.golive import services as golive_services
from tollway.portal.golive.models import Milestone
from tollway.portal.onboarding.models import Wizard
from tollway.portal.onboarding.selectors import wizard_of
from tollway.portal.web import toasts
from tollway.portal.web.site import Side, site_of

HERE = Section("dashboard")
LABEL_EVERY = 12  # quarters of an hour: a label every three hours


def index(request: HttpRequest) -> HttpResponse:
    if site_of(request).side is Side.MASTER:
        return operator.index(request)
    sight, at = sight_of(request), clock.now()
    day = traffic.day_of(sight.tenant, sight.allowed, at=at)
    names = _product_names(sight) if sight.products_listed else {}
    versions = attention.versions_of(sight) if names else {}
    context = {
        "sight": sight,
        "stats": _stats(sight, day, at),
        "traffic": _chart(day) if sight.usage else None,
        "live": reverse("dashboard-live"),
        "needs": attention.needs(sight, names, versions, at=at),
        "products": overview.rows(sight, names, day, versions) if names else [],
        "products_more": max(len(names) - overview.SHOWN, 0),
        "products_page": places.products(),
        "new_product": places.new_product() if sight.setup else "",
        "events": recent.items(sight),
        "example": example_for(sight),
        **_go_live(sight),
    }
    return show(request, "console/dashboard.html", HERE, context)


def live(request: HttpRequest) -> HttpResponse:
    """Answer what moves: ``{"chart": as charts.js reads it, "values": {name: text}}``."""
    sight, at = sight_of(request), clock.now()
    if site_of(request).side is Side.MASTER:
        raise Http404
    day = traffic.day_of(sight.tenant, sight.allowed, at=at)
    values = {stat.name: f"{stat.value:,}" for stat in _live_stats(sight, day, at)}
    values |= {f"product-{pk}": f"{calls:,}" for pk, calls in _busiest(day)}
    return JsonResponse({"chart": _chart(day), "values": values})


def path(request: HttpRequest, name: str) -> HttpResponse:
    """Show the steps of one of the guided paths."""
    sight = sight_of(request)
    if site_of(request).side is Side.MASTER:
        raise Http404
    reached = golive_services.note(sight.tenant)
    found = {each.path.name: each for each in steps.paths(reached, _first_product(sight))}
    if name not in found:
        raise Http404
    context = {"shown": found[name], "paths": found.values()}
    return show(request, "console/dashboard_path.html", HERE, context)


def go_live_state(request: HttpRequest) -> HttpResponse:
    """Close the go-live steps for this user (``closed=1``), or open them again."""
    if site_of(request).side is Side.MASTER:
        raise Http404
    if request.method == "POST":
        if request.POST.get("closed"):
            golive_services.close(user_of(request), by=actor_of(request))
            toasts.tell(request, "The go-live steps are hidden", undo=request.path)
        else:
            golive_services.reopen(user_of(request), by=actor_of(request))
    return redirect("dashboard")


def _go_live(sight: Sight) -> dict[str, Any]:
    if golive.is_closed_for(sight.user):
        return {"golive_closed": True}
    reached = golive_services.note(sight.tenant)
    product = _first_product(sight)
    parts = steps.parts(reached, product)
    return {
        "parts": parts,
        "parts_done": sum(part.done for part in parts),
        "paths": steps.paths(reached, product),
        "wizard": places.wizard() if wizard_helps(sight, reached) else "",
    }


def wizard_helps(sight: Sight, reached: Container[Milestone]) -> bool:
    """Offer the wizard to who is on the way through it, and to who has called nothing yet."""
    state = wizard_of(sight.tenant).state
    if state in {Wizard.State.STARTED, Wizard.State.COMPLETED}:
        return state == Wizard.State.STARTED
    return Milestone.API_TESTED not in reached


def _first_product(sight: Sight) -> int | None:
    return sight.products().values_list("pk", flat=True).first()


def _product_names(sight: Sight) -> dict[int, str]:
    gone = Product.State.DELETED
    return dict(sight.products().exclude(state=gone).values_list("pk", "name"))


def _stats(sight: Sight, day: Day, at: int) -> list[numbers.Stat]:
    found: list[numbers.Stat] = []
    if sight.usage:
        every = Application.objects.filter(tenant=sight.tenant)
        found += numbers.of_traffic(day, sight.within(every, "product").count())
    if sight.audience:
        found.append(numbers.of_accounts(sight.tenant, at=at))
    return found


def _live_stats(sight: Sight, day: Day, at: int) -> list[numbers.Stat]:
    found = numbers.of_traffic(day)
    if sight.audience:
        found.append(numbers.of_accounts(sight.tenant, at=at))
    return found


def _busiest(day: Day) -> list[tuple[int, int]]:
    by_calls = sorted(day.by_product.items(), key=lambda item: -item[1])
    return by_calls[: overview.SHOWN]


def _chart(day: Day) -> dict[str, Any]:
    """Return the calls of the last day by quarters of an hour, in the shape of charts.js."""
    return {
        "kind": "bar",
        "x": [f"{datetime.fromtimestamp(start, UTC):%H:%M}" for start in day.quarters],
        "every": LABEL_EVERY,
        "series": [{"name": "Calls", "data": list(day.calls)}],
    }


routes = [
    page("p/admin/dashboard", index, name="dashboard", section=EVERYBODY),
    page("p/admin/dashboard/live", live, name="dashboard-live", section=User.Section.MONITORING),
    page("p/admin/dashboard/paths/<slug:name>", path, name="dashboard-path", section=EVERYBODY),
    page("p/admin/go_live_state", go_live_state, name="go-live-state", section=EVERYBODY),
]
