"""A product's change, and what another authentication mode asks of its applications."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.applications import selectors
from tollway.portal.applications.selectors import ModeChange
from tollway.portal.applications.services import products as services
from tollway.portal.events.selectors import events_of


def test_an_update_without_a_change_is_no_event(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    services.update_product(acme.product, by=BY, name=acme.product.name)
    assert events_of(acme.tenant).count() == before
    assert services.update_product(acme.product, by=BY, name="Renamed") is None
    event = events_of(acme.tenant).last()
    assert event
    assert (event.before, event.after) == ({"name": "API"}, {"name": "Renamed"})


def test_a_state_event_is_a_change_like_others(acme: Provider) -> None:
    services.update_product(acme.product, by=BY, name="Renamed", state_event="publish")
    event = events_of(acme.tenant).last()
    assert event
    assert event.after == {"name": "Renamed", "state": "published"}


@pytest.mark.parametrize(
    ("mode", "to", "unusable", "keys"),
    [
        ("1", "2", ("user_key",), 1),
        ("1", "oidc", ("user_key",), 1),
        ("2", "1", ("app_id", "app_key"), 1),
        ("2", "oidc", ("app_id", "app_key"), 1),
        ("oidc", "2", ("access_token",), 1),
    ],
)
def test_with_another_mode_applications_get_what_they_lack_and_one_is_told_what_is_over(
    acme: Provider, mode: str, to: str, unusable: tuple[str, ...], keys: int
) -> None:
    services.update_product(acme.product, by=BY, backend_version=mode)
    acme.plan.refresh_from_db()
    suspended = acme.another_application()
    suspended.state = "suspended"
    suspended.save()
    expected = ModeChange(unusable, applications=1)
    assert selectors.mode_change(acme.tenant, acme.product, to) == expected
    assert services.update_product(acme.product, by=BY, backend_version=to) == expected
    event = events_of(acme.tenant).last()
    assert event
    assert (event.before, event.after) == (
        {"backend_version": mode},
        {"backend_version": to, "unusable_credentials": list(unusable), "applications": 1},
    )
    for application in (acme.application, suspended):
        assert selectors.keys_of(acme.tenant, application).count() == keys


def test_keys_are_only_made_where_they_are_needed(acme: Provider) -> None:
    services.update_product(acme.product, by=BY, backend_version="2", mandatory_app_key=False)
    assert not selectors.keys_of(acme.tenant, acme.application).exists()
    services.update_product(acme.product, by=BY, backend_version="oidc")
    secret = selectors.keys_of(acme.tenant, acme.application).get()
    services.update_product(acme.product, by=BY, backend_version="2")
    assert selectors.keys_of(acme.tenant, acme.application).get() == secret


def test_a_mode_that_does_not_exist_changes_nothing(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.update_product(acme.product, by=BY, backend_version="3")
    assert failed.value.message_dict == {"backend_version": ["is not included in the list"]}
    assert not selectors.keys_of(acme.tenant, acme.application).exists()


def test_many_applications_get_their_keys_in_a_few_steps(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        acme.another_application(name=f"App {number}")
    services.update_product(acme.product, by=BY, backend_version="2")
    values = {
        selectors.keys_of(acme.tenant, application).get().value
        for application in selectors.applications_of(acme.tenant)
    }
    assert len(values) == 7, "each its own"
