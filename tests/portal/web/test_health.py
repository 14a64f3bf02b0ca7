"""`/status` says whether the portal can work, on any host and to anybody."""

from __future__ import annotations

import pytest
from django.test import Client

from tollway.portal.web import health


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1:3000", "nobody.localhost", "master.localhost"])
def test_a_live_portal_says_so(host: str) -> None:
    response = Client(headers={"host": host}).get(health.PATH)
    assert (response.status_code, response.content) == (200, b"live\n")
