"""Finding what is the visitor's own: what is somebody else's is not there."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.developer.pages import developer_of
from tollway.portal.web.site import site_of


def application_or_404(request: HttpRequest, pk: int) -> Application:
    mine = applications_of(site_of(request).tenant, developer_of(request).account)
    found = mine.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
