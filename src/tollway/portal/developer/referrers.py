"""From where an application's calls may come, where its product looks at that."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import referrer_filters_of
from tollway.portal.applications.services import FILTERS_MAX
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.keys import holder_of
from tollway.portal.developer.showing import Referrers, rights_of
from tollway.portal.web import keys

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
    value = request.POST.get("value", "").strip()[:_VALUE_MAX]
    return keys.add_referrer(_managed(request, application_id), value)


@require_POST
def remove(request: HttpRequest, application_id: int, filter_id: int) -> HttpResponse:
    again = reverse("developer-referrers", kwargs={"application_id": application_id})
    return keys.remove_referrer(_managed(request, application_id), filter_id, again=again)


def _managed(request: HttpRequest, pk: int) -> keys.Holder:
    application = application_or_404(request, pk)
    found = referrers_of(application)
    if found is None or not found.may_remove:
        raise Http404
    return holder_of(request, application)
