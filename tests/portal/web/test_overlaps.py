"""What a form may say of an old key, and what it means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.people import Provider
from portal.web.requests import post
from tollway import clock
from tollway.portal.web.overlaps import OVERLAPS, USUAL, keep_until

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sent", [*OVERLAPS, "", "x", "-1"])
def test_a_key_is_kept_for_as_long_as_was_chosen(acme: Provider, sent: str) -> None:
    _, span = OVERLAPS.get(sent, OVERLAPS[USUAL])
    before = clock.utc_now()
    until = keep_until(post(acme, {"keep": sent}))
    if not span:
        assert until is None
    else:
        assert until is not None
        assert before + span <= until <= clock.utc_now() + span


def test_what_is_not_offered_stands_for_the_usual_time(acme: Provider) -> None:
    until = keep_until(post(acme, {"keep": "168"}), ("24", "1"))
    assert until is not None
    assert until <= clock.utc_now() + timedelta(hours=24)
