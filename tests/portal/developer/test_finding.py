"""A developer finds the applications of their own account, and no others."""

from __future__ import annotations

import pytest
from django.http import Http404, HttpRequest
from django.test import RequestFactory

from portal.people import Provider
from tollway.portal.developer.finding import application_or_404
from tollway.portal.web.sessions import Developer
from tollway.portal.web.site import Side, Site


def asked_by(provider: Provider) -> HttpRequest:
    request = RequestFactory().get("/")
    request.tollway = Site(  # type: ignore[attr-defined]
        provider.tenant, Side.DEVELOPER, "acme.localhost", "request-1"
    )
    request.tollway_developer = Developer(  # type: ignore[attr-defined]
        provider.developer, provider.account
    )
    return request


def test_only_the_own_is_found(acme: Provider, globex: Provider) -> None:
    request = asked_by(acme)
    assert application_or_404(request, acme.application.pk) == acme.application
    with pytest.raises(Http404):
        application_or_404(request, globex.application.pk)
