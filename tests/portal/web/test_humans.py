"""Who is taken for a program."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from tollway import clock
from tollway.portal.web import humans

LONG_AGO = 1_500_000_000


def refusal(ago_s: int, **sent: str) -> str:
    began = humans.stamp(clock.now() - ago_s)
    return humans.refusal(RequestFactory().post("/p/signup", {"began": began, **sent}))


CASES = [
    (0, {}, humans.FAST),
    (humans.LEAST_S + 60, {}, ""),
    (humans.MOST_S - 60, {}, ""),
    (humans.MOST_S + 60, {}, humans.OLD),
    (-3600, {}, humans.OLD),
    (60, {"website": "x"}, humans.FILLED),
    (60, {"website": ""}, ""),
    (60, {"began": "1800000000"}, humans.OLD),
    (60, {"began": f"{LONG_AGO}:xyz"}, humans.OLD),
]


@pytest.mark.parametrize(("ago_s", "sent", "expected"), CASES)
def test_a_form_is_taken_from_somebody_who_took_time_and_saw_no_trap(
    ago_s: int, sent: dict[str, str], expected: str
) -> None:
    assert refusal(ago_s, **sent) == expected


def test_a_stamp_that_is_no_good_is_replaced() -> None:
    request = RequestFactory().post("/p/signup", {"began": "forged"})
    assert humans.began(request).startswith(str(clock.now())[:6])
    assert humans.began(request) != "forged"
