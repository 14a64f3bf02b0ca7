"""The dashboard, and a developer's applications with their credentials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway import clock
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.applications.selectors import applications_of, keys_of
from tollway.portal.applications.services import (
    KEYS_MAX,
    add_key,
    regenerate_user_key,
    remove_key,
    rotate_key,
)
from tollway.portal.catalog.models import Product
from tollway.portal.developer.frame import show
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.developer.showing import detail_of, rights_of, summary_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

# How long a key that is replaced goes on working: what may be chosen, the usual one first.
OVERLAPS = {"24": timedelta(hours=24), "1": timedelta(hours=1), "0": timedelta(0)}
_SHOWN_MAX = 100


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the application that there is, or the first of several with links to the others."""
    tenant, developer = site_of(request).tenant, developer_of(request)
    mine = applications_of(tenant, developer.account)
    first = mine.filter(state=Application.State.LIVE).first() or mine.first()
    context = {"detail": detail_of(tenant, first) if first else None, "count": mine.count()}
    return show(request, "dashboard", context, item="developer-dashboard")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant, developer = site_of(request).tenant, developer_of(request)
    mine = applications_of(tenant, developer.account)
    rows = tuple(summary_of(row) for row in mine[:_SHOWN_MAX])
    return show(
        request,
        "applications",
        {"applications": rows, "count": mine.count()},
        item="developer-applications",
    )


@require_safe
def detail(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _mine(request, application_id)
    found = detail_of(site_of(request).tenant, application)
    lasting = sum(not key.ends_at for key in found.credentials.keys)
    most = 1 if found.credentials.mode == "oidc" else KEYS_MAX
    context = {"detail": found, "more_keys": lasting < most}
    return show(request, "application", context, item="developer-applications")


@require_POST
def new_user_key(request: HttpRequest, application_id: int) -> HttpResponse:
    """Replace the user key; the one before goes on working for as long as was chosen."""
    application = _mine(request, application_id)
    by_key = application.product.backend_version == Product.BackendVersion.USER_KEY
    _allow(rights_of(application).regenerate, by_key)
    by, until = actor_of(request), _keep_until(request)
    return _told(
        request,
        application,
        lambda: regenerate_user_key(application, by=by, keep_until=until),
        "You have a new key",
    )


@require_POST
def new_key(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _mine(request, application_id)
    _allow(rights_of(application).manage_keys)
    by = actor_of(request)
    return _told(request, application, lambda: add_key(application, by=by), "A key was added")


@require_POST
def replace_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    application = _mine(request, application_id)
    _allow(rights_of(application).manage_keys)
    key, by, until = _key(request, application, key_id), actor_of(request), _keep_until(request)
    return _told(
        request,
        application,
        lambda: rotate_key(key, by=by, keep_until=until),
        "You have a new key",
    )


@require_POST
def delete_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    application = _mine(request, application_id)
    _allow(rights_of(application).manage_keys)
    key, by = _key(request, application, key_id), actor_of(request)
    return _told(request, application, lambda: remove_key(key, by=by), "The key was deleted")


def _mine(request: HttpRequest, pk: int) -> Application:
    mine = applications_of(site_of(request).tenant, developer_of(request).account)
    found = mine.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _key(request: HttpRequest, application: Application, pk: int) -> ApplicationKey:
    found = keys_of(site_of(request).tenant, application).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _allow(*terms: bool) -> None:
    """Answer as if it were not there: the product does not let developers do it."""
    if not all(terms):
        raise Http404


def _keep_until(request: HttpRequest) -> datetime | None:
    overlap = OVERLAPS.get(request.POST.get("keep", ""), OVERLAPS["24"])
    return clock.utc_now() + overlap if overlap else None


def _told(
    request: HttpRequest, application: Application, act: Callable[[], object], done: str
) -> HttpResponse:
    """Do it and lead back to the application, which says what came of it."""
    try:
        act()
    except ValidationError as refusal:
        tell(request, "Nothing was changed", "; ".join(refusal.messages))
    else:
        tell(request, done, "It is in force within a second.")
    address = reverse("developer-application", kwargs={"application_id": application.pk})
    return HttpResponseRedirect(address)
