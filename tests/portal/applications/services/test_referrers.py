"""Referrer filters: from where an application's calls may come."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.applications import selectors
from tollway.portal.applications.services import referrers as services
from tollway.portal.events.selectors import events_of


@pytest.mark.parametrize("value", ["*", "example.com", "*.example.com", "10.0.0.1", "a" * 255])
def test_a_filter_is_added_and_removed(acme: Provider, value: str) -> None:
    row = services.add_referrer_filter(acme.application, by=BY, value=value)
    assert list(selectors.referrer_filters_of(acme.tenant, acme.application)) == [row]
    services.remove_referrer_filter(row, by=BY)
    assert not selectors.referrer_filters_of(acme.tenant, acme.application).exists()
    kinds = [event.kind for event in events_of(acme.tenant)][-2:]
    assert kinds == ["application.referrer_filter_created", "application.referrer_filter_deleted"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "can't be blank"),
        ("https://example.com", "is invalid"),
        ("example.com/path", "is invalid"),
        ("exa mple.com", "is invalid"),
        ("kept.example", "has already been taken"),
        ("a" * 256, "is too long (maximum is 255 characters)"),
    ],
)
def test_a_filter_is_refused(acme: Provider, value: str, message: str) -> None:
    services.add_referrer_filter(acme.application, by=BY, value="kept.example")
    with pytest.raises(ValidationError) as failed:
        services.add_referrer_filter(acme.application, by=BY, value=value)
    assert failed.value.message_dict == {"value": [message]}


def test_filters_are_counted(acme: Provider) -> None:
    for number in range(services.FILTERS_MAX):
        services.add_referrer_filter(acme.application, by=BY, value=f"{number}.example")
    with pytest.raises(ValidationError, match="The limit of 5 referrer filters is reached"):
        services.add_referrer_filter(acme.application, by=BY, value="one.more")
