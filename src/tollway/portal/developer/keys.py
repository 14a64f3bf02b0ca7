"""A developer's credentials, as far as the product lets developers change them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.pages import actor_of
from tollway.portal.developer.showing import rights_of
from tollway.portal.web import keys
from tollway.portal.web.keys import Holder
from tollway.portal.web.once import once

# How long a key that is replaced goes on working: what may be chosen, the usual one first.
OVERLAPS = ("24", "1", "0")
_KEY_MAX = 256


@once
@require_POST
def new_user_key(request: HttpRequest, application_id: int) -> HttpResponse:
    """Replace the user key; the one before goes on working for as long as was chosen."""
    application = application_or_404(request, application_id)
    by_key = application.product.backend_version == Product.BackendVersion.USER_KEY
    if not (by_key and rights_of(application).regenerate):
        raise Http404
    return keys.replace_user_key(holder_of(request, application))


@once
@require_POST
def new_key(request: HttpRequest, application_id: int) -> HttpResponse:
    """Add a key: of the developer's choice where the product lets them choose, else made up."""
    holder = _managed(request, application_id)
    chosen = request.POST.get("value", "").strip()[:_KEY_MAX]
    return keys.add_key(holder, chosen if rights_of(holder.application).custom_keys else "")


@once
@require_POST
def replace_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    return keys.replace_key(_managed(request, application_id), key_id)


@require_POST
def delete_key(request: HttpRequest, application_id: int, key_id: int) -> HttpResponse:
    return keys.delete_key(_managed(request, application_id), key_id)


def holder_of(request: HttpRequest, application: Application) -> Holder:
    page = reverse("developer-application", kwargs={"application_id": application.pk})
    return Holder(request, application, actor_of(request), page, OVERLAPS)


def _managed(request: HttpRequest, application_id: int) -> Holder:
    """Answer as if it were not there where the product does not let developers do it."""
    application = application_or_404(request, application_id)
    if not rights_of(application).manage_keys:
        raise Http404
    return holder_of(request, application)
