"""The navigation within one backend. Every page of a backend takes ``backend_id``."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.urls import reverse

from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Backend
from tollway.portal.console.shell import Group, Item, Section, Subject
from tollway.portal.web.site import site_of

GROUPS = (
    Group("", (Item("Overview", "backend", "home"),)),
    Group(
        "What is counted",
        (
            Item("Mapping rules", "backend-rules", "git-branch"),
            Item("Methods and metrics", "backend-metrics", "ruler-2"),
        ),
    ),
)


def backend_or_404(request: HttpRequest, backend_id: int) -> Backend:
    """Return a backend of this tenant. Who may see products may see all backends."""
    found = selectors.backends_of(site_of(request).tenant).filter(pk=backend_id).first()
    if found is None:
        raise Http404
    return found


def backend_section(backend: Backend, item: str) -> Section:
    """Return the frame of a backend's page. ``item`` is the name of the page in the navigation."""
    return Section(
        area="backends",
        item=item,
        groups=GROUPS,
        parts={"backend_id": backend.pk},
        subject=Subject("Backend", backend.name, backend.system_name, reverse("backends")),
    )
