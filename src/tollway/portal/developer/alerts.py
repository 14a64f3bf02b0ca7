"""Alerts for developers: which limits their applications have reached a level of (AL8, DP13)."""

from __future__ import annotations

from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.alerts.models import Alert
from tollway.portal.alerts.selectors import developers_alerts_of
from tollway.portal.alerts.services import mark as mark_alerts
from tollway.portal.alerts.services import unmark
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed, text_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

STATES = {"read": "marked as read", "deleted": "deleted"}
_HEADINGS = {"time": "When", "level": "Level", "application": "Application"}


class Row(Struct, frozen=True):
    """``at`` in seconds since the epoch; ``is_over``: the limit was used up."""

    id: int
    application_id: int
    application: str
    level: int
    limit: str
    used: int
    maximum: int
    at: int
    is_over: bool
    is_unread: bool


@require_safe
def index(request: HttpRequest, application_id: int | None = None) -> HttpResponse:
    """List the alerts of all applications of the account, or of one."""
    application = None if application_id is None else application_or_404(request, application_id)
    rows = _mine(request)
    if application is not None:
        rows = rows.filter(application=application)
    listing = listed(
        request,
        rows.select_related("application"),
        sorts={"time": "created_at", "level": "level", "application": "application__name"},
        default="-time",
        search=_search,
    )
    text = text_of(request.GET)
    found = _search(rows, text) if text else rows
    context = {
        "alerts": plain(listing, _row, _HEADINGS),
        "unread": found.filter(state=Alert.State.UNREAD).count(),
        "newest": found.aggregate(last=Max("pk"))["last"] or 0,
        "application": application.name if application is not None else "",
        "application_id": application.pk if application is not None else 0,
    }
    return show(request, "alerts", context, item="developer-alerts")


@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Mark one alert (``alert``) or all (of ``application``), as ``state`` says; or undo it.

    All are those that the list shows for the text that is looked for, up to the id ``newest``.
    """
    tenant, by, state = site_of(request).tenant, actor_of(request), request.POST.get("state", "")
    if token := request.POST.get("token", ""):
        unmark(tenant, _mine(request, deleted=True), token, by=by)
    elif state in STATES:
        done = mark_alerts(tenant, _chosen(request), state, by=by)
        if done.count:
            what = "1 alert" if done.count == 1 else f"{done.count:,} alerts"
            tell(request, f"{what} {STATES[state]}", undo=request.path, token=done.token)
    if pk := chosen_id(request.POST.get("application", "")):
        return redirect("developer-application-alerts", application_id=pk)
    return redirect("developer-alerts")


def _chosen(request: HttpRequest) -> QuerySet[Alert]:
    rows = _mine(request)
    if "all" in request.POST:
        pk, text = chosen_id(request.POST.get("application", "")), text_of(request.POST)
        rows = rows.filter(pk__lte=chosen_id(request.POST.get("newest", "")))
        rows = rows.filter(application=pk) if pk else rows
        return _search(rows, text) if text else rows
    return rows.filter(pk=chosen_id(request.POST.get("alert", "")))


def _search(rows: QuerySet[Alert], text: str) -> QuerySet[Alert]:
    return rows.filter(Q(application__name__icontains=text) | Q(limit__icontains=text))


def _mine(request: HttpRequest, *, deleted: bool = False) -> QuerySet[Alert]:
    tenant, account = site_of(request).tenant, developer_of(request).account
    if not deleted:
        return developers_alerts_of(tenant, account)
    return Alert.objects.filter(tenant=tenant, account=account, audience=Alert.Audience.BUYER)


def _row(alert: Alert) -> Row:
    return Row(
        alert.pk,
        alert.application_id,
        alert.application.name,
        alert.level,
        alert.limit,
        alert.used,
        alert.maximum,
        int(alert.created_at.timestamp()),
        alert.is_violation,
        alert.is_unread,
    )
