"""Numbers beside what they are compared with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.people import Provider
from tollway import clock
from tollway.portal.accounts.models import Account
from tollway.portal.console.dashboard import numbers
from tollway.portal.console.dashboard.numbers import condensed, difference, percent

NOW = datetime.fromtimestamp(clock.now(), UTC)


@pytest.mark.parametrize(
    ("now", "before", "text", "tone"),
    [
        (112, 100, "12 % more", "bad"),
        (88, 100, "12 % less", "good"),
        (100, 100, "unchanged", ""),
        (1001, 1000, "unchanged", ""),
        (0, 3, "100 % less", "good"),
        (3, 0, "", ""),
        (40, 1, "3,900 % more", "bad"),
    ],
)
def test_amounts_are_compared_in_percent(now: int, before: int, text: str, tone: str) -> None:
    found = percent(now, before, more="bad", less="good")
    assert (found.text, found.tone) == (text, tone)


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(5, 1, "4 more"), (1, 5, "4 fewer"), (2, 2, "unchanged"), (0, 0, "")],
)
def test_counts_are_compared_by_their_difference(now: int, before: int, text: str) -> None:
    assert difference(now, before).text == text


def test_a_line_has_few_points_and_the_same_sum() -> None:
    assert condensed(list(range(96)))[:2] == [0 + 1 + 2, 3 + 4 + 5]
    assert sum(condensed(list(range(96)))) == sum(range(96))
    assert condensed([1, 2, 3, 4, 5], 2) == [6, 9]


@pytest.mark.django_db
def test_new_accounts_are_those_of_thirty_days(acme: Provider, globex: Provider) -> None:
    for days in (1, 29, 31, 59, 61):
        account = Account.objects.create(tenant=acme.tenant, org_name=f"{days} days old")
        made = NOW - timedelta(days=days)
        Account.objects.filter(pk=account.pk).update(created_at=made)
    found = numbers.of_accounts(acme.tenant, at=clock.now())
    assert (found.value, found.delta.text) == (3, "1 more")  # with the developer of each provider
    assert sum(found.values) == 3
    assert found.values[-1] == 2
    assert found.values[0] == 1
    numbers.forget()
    assert numbers.of_accounts(globex.tenant, at=clock.now()).value == 1
