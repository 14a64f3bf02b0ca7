"""The dashboard, and a developer's applications: listed, shown, changed, with their credentials."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.applications.services import (
    KEYS_MAX,
    delete_application,
    update_application,
)
from tollway.portal.developer.editing import save, version
from tollway.portal.developer.fields import shown
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.making import ApplicationForm, may_make, to_subscribe_first
from tollway.portal.developer.moving import asked_for, may_move
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.developer.referrers import referrers_of
from tollway.portal.developer.showing import detail_of, summary_of, values_of
from tollway.portal.developer.usage import usage_asked_for
from tollway.portal.web.forms import typed
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_SORTS = {"name": "name", "created": "created_at", "api": "product__name", "state": "state"}
_HEADINGS = {"name": "Name", "api": "API", "state": "State", "created": "Made"}


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the application that there is, or the first of several with links to the others."""
    tenant, developer = site_of(request).tenant, developer_of(request)
    mine = applications_of(tenant, developer.account)
    first = mine.filter(state=Application.State.LIVE).first() or mine.first()
    context = {
        "detail": detail_of(tenant, first) if first else None,
        "count": mine.count(),
        "may_make": may_make(tenant, developer.account),
        "subscribes": not first and to_subscribe_first(tenant, developer.account).exists(),
        "may_move": may_move(first) if first else "",
        "usage": usage_asked_for(request, first) if first else None,
    }
    return show(request, "dashboard", context, item="developer-dashboard")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant, account = site_of(request).tenant, developer_of(request).account
    listing = listed(
        request,
        applications_of(tenant, account),
        sorts=_SORTS,
        default="created",
        search=lambda rows, text: rows.filter(
            Q(name__icontains=text) | Q(product__name__icontains=text)
        ),
    )
    context = {
        "applications": plain(listing, summary_of, _HEADINGS),
        "may_make": may_make(tenant, account),
    }
    return show(request, "applications", context, item="developer-applications")


@require_safe
def detail(request: HttpRequest, application_id: int) -> HttpResponse:
    application = application_or_404(request, application_id)
    found = detail_of(site_of(request).tenant, application)
    lasting = sum(not key.ends_at for key in found.credentials.keys)
    most = 1 if found.credentials.mode == "oidc" else KEYS_MAX
    context = {
        "detail": found,
        "more_keys": lasting < most,
        "may_edit": application.product.buyers_manage_apps,
        "may_delete": _may_delete(application),
        "may_move": may_move(application),
        "asked": asked_for(application),
        "values": values_of(application),
        "referrers": referrers_of(application),
    }
    return show(request, "application", context, item="developer-applications")


def edit(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show the form; a POST changes name, description and what the organisation has defined."""
    application = application_or_404(request, application_id)
    product = application.product
    _allow(product.buyers_manage_apps)
    outcome = None
    if request.method == "POST":
        form, by = ApplicationForm(product, request.POST), actor_of(request)
        outcome = save(
            request,
            form,
            application,
            lambda: update_application(application, by=by, **form.given()),
            values=_saved,
        )
        if outcome.saved:
            tell(request, f"{application.name} is saved")
            return redirect("developer-application", application_id=application.pk)
    else:
        form = ApplicationForm(product, initial=_saved(application))
    context = {
        "app": summary_of(application),
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
        "seen": version(request, application, outcome),
        "clash": outcome.clash if outcome else None,
    }
    status = outcome.status if outcome else 200
    return show(request, "edit_application", context, item="developer-applications", status=status)


@require_POST
def delete(request: HttpRequest, application_id: int) -> HttpResponse:
    application = application_or_404(request, application_id)
    _allow(_may_delete(application))
    if not typed(request, application.name):
        tell(request, "Nothing was deleted", "The name that was typed is another one.")
        return redirect("developer-application", application_id=application.pk)
    name = application.name
    delete_application(application, by=actor_of(request))
    tell(request, f"{name} is deleted", "Its keys are refused from now on.")
    return redirect("developer-applications")


def _saved(application: Application) -> dict[str, Any]:
    """Return the values of the form's fields."""
    names = ("name", "description", "redirect_url")
    return {**application.extra_fields, **{name: getattr(application, name) for name in names}}


def _may_delete(application: Application) -> bool:
    """Say whether the developer may: not out of a suspension, to begin anew."""
    is_suspended = application.state == Application.State.SUSPENDED
    return application.product.buyers_manage_apps and not is_suspended


def _allow(may: bool) -> None:  # noqa: FBT001
    """Answer as if it were not there: the product does not let developers do it."""
    if not may:
        raise Http404
