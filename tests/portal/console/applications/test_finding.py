"""Which applications a user is shown."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.test import RequestFactory

from portal.people import Provider
from tollway.portal.accounts.models import User
from tollway.portal.console.applications.finding import application_or_404
from tollway.portal.web.site import Side, Site

pytestmark = pytest.mark.django_db


def test_applications_of_hidden_products_are_not_there(acme: Provider) -> None:
    request = RequestFactory().get("/")
    request.tollway = Site(acme.tenant, Side.ADMIN, "acme-admin.localhost", "1")  # type: ignore[attr-defined]
    request.tollway_user = acme.admin  # type: ignore[attr-defined]
    assert application_or_404(request, acme.application.pk) == acme.application
    blind = User(tenant=acme.tenant, role=User.Role.MEMBER, allowed_service_ids=[])
    request.tollway_user = blind  # type: ignore[attr-defined]
    with pytest.raises(Http404):
        application_or_404(request, acme.application.pk)
