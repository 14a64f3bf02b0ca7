"""Which applications a user may see."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.console.sight import sight_of


def applications_for(request: HttpRequest) -> QuerySet[Application]:
    """Return the tenant's applications of the products that the user may see."""
    sight = sight_of(request)
    return sight.within(selectors.applications_of(sight.tenant), "product")


def application_or_404(request: HttpRequest, application_id: int) -> Application:
    found = applications_for(request).filter(pk=application_id).first()
    if found is None:
        raise Http404
    return found
