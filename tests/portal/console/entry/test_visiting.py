"""The frame of the pages that are open to everybody."""

from __future__ import annotations

import pytest

from portal.people import Provider
from portal.web.requests import get
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.web.throttle import SIGN_IN, Attempt

pytestmark = pytest.mark.django_db


def test_who_has_to_wait_is_told_how_long(acme: Provider) -> None:
    wait = Attempt(acme.tenant, SIGN_IN, "who", "127.0.0.1", 90)
    answer = show_entry(get(acme), "sign_in", {"error": wait.refusal}, wait=wait)
    assert (answer.status_code, answer["Retry-After"]) == (429, "90")
    assert "Wait 2 minutes" in answer.content.decode()
