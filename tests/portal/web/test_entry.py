"""What forms that are open to everybody share: where they lead, and what they do not tell."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password

from portal.people import PASSWORD, Provider
from portal.web.requests import get
from tollway.portal.accounts.models import User
from tollway.portal.web.entry import (
    ANSWER_AFTER_S,
    attempt,
    matches,
    rest_s,
    safe_path,
    visitor,
)
from tollway.portal.web.throttle import QUARTER, Rule

pytestmark = pytest.mark.django_db

PATHS = [
    ("/admin?page=2", "/admin?page=2"),
    ("", "/else"),
    ("//evil.example/", "/else"),
    ("https://evil.example/", "/else"),
    ("http://acme-admin.localhost/x", "/else"),
    ("javascript:alert(1)", "/else"),
    ("/\\evil.example", "/else"),
]


@pytest.mark.parametrize(("target", "led_to"), PATHS)
def test_nobody_is_led_away(acme: Provider, target: str, led_to: str) -> None:
    request = get(acme, host="acme-admin.localhost")
    assert safe_path(request, target, otherwise="/else") == led_to


def test_a_password_is_that_of_its_user_or_of_nobody() -> None:
    user = User(password=make_password(PASSWORD))
    assert matches(user, PASSWORD)
    assert not matches(user, "wrong")
    assert not matches(None, PASSWORD)


def test_a_visitor_has_no_id_and_their_tries_count(acme: Provider) -> None:
    request = get(acme)
    assert (visitor(request).kind, visitor(request).id) == ("visitor", "")
    rule = Rule("a-form", QUARTER, 1, 9)
    waits = [attempt(request, rule, "ann").wait_s for _ in range(2)]
    assert waits[0] == 0
    assert waits[1] > 0


def test_no_answer_comes_before_its_time() -> None:
    """Else the time that a letter takes would tell that one is written."""
    assert rest_s(10.0, now_s=10.05) == pytest.approx(ANSWER_AFTER_S - 0.05)
    assert rest_s(10.0, now_s=11.0) == 0
