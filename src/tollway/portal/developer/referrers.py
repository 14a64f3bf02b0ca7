"""From where an application's calls may come, where its product looks at that."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import referrer_filters_of
from tollway.portal.applications.services import (
    FILTERS_MAX,
    add_referrer_filter,
    remove_referrer_filter,
)
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.pages import actor_of
from tollway.portal.developer.showing import Referrers, rights_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_VALUE_MAX = 255


def referrers_of(application: Application) -> Referrers | None:
    """Return the filters as the page shows them, None where the product does not look at them."""
    if not application.product.referrer_filters_required:
        return None
    rows = referrer_filters_of(application.tenant, application).values_list("id", "value")
    manages = rights_of(application).manage_keys
    return Referrers(tuple(rows), manages and len(rows) < FILTERS_MAX, manages)


@require_POST
def add(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _managed(request, application_id)
    value = request.POST.get("value", "").strip()[:_VALUE_MAX]
    try:
        add_referrer_filter(application, by=actor_of(request), value=value)
    except ValidationError as refusal:
        tell(request, "Nothing was added", "; ".join(refusal.messages))
    else:
        tell(request, f"Calls may come from {value}", "It is in force within a second.")
    return redirect("developer-application", application_id=application.pk)


@require_POST
def remove(request: HttpRequest, application_id: int, filter_id: int) -> HttpResponse:
    application = _managed(request, application_id)
    row = referrer_filters_of(site_of(request).tenant, application).get(pk=filter_id)
    value = row.value
    remove_referrer_filter(row, by=actor_of(request))
    back = {"undo": request.path.rpartition(f"/{filter_id}/")[0], "value": value}
    tell(request, f"Calls from {value} are refused", "Unless another line lets them in.", **back)
    return redirect("developer-application", application_id=application.pk)


def _managed(request: HttpRequest, pk: int) -> Application:
    application = application_or_404(request, pk)
    found = referrers_of(application)
    if found is None or not found.may_remove:
        raise Http404
    return application
