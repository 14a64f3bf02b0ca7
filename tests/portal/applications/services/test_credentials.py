"""User keys and application keys: chosen, made up, replaced, removed, and kept for a while."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.applications import selectors
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import credentials as services
from tollway.portal.applications.services import update_application, update_product
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.services import create_application_plan


def soon() -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)


def by_id_and_key(acme: Provider, mode: str = "2") -> Application:
    """Return an application with one key."""
    product = acme.another_product(f"Mode {mode}", backend_version=mode)
    plan = create_application_plan(product, by=BY, name="Free")
    return acme.another_application(plan=plan)


@pytest.mark.parametrize(
    "user_key", ["a", "k" * 256, "Zm9vYmFy+/==", "my.own-key_1", string.ascii_letters]
)
def test_a_user_key_of_ones_own(acme: Provider, user_key: str) -> None:
    application = acme.another_application(user_key=user_key)
    assert application.user_key == user_key
    assert selectors.application_by_user_key(acme.tenant, user_key) == application
    with pytest.raises(ValidationError) as failed:
        acme.another_application(user_key=user_key)
    assert failed.value.message_dict == {"user_key": ["has already been taken"]}


def test_the_first_key_is_made_where_keys_are_mandatory(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    acme.plan.refresh_from_db()
    first = selectors.keys_of(acme.tenant, acme.another_application()).get()
    assert len(first.value) == 32
    mine = acme.another_application(keys=["my-own-key"])
    assert [key.value for key in selectors.keys_of(acme.tenant, mine)] == ["my-own-key"]
    update_product(acme.product, by=BY, mandatory_app_key=False)
    acme.plan.refresh_from_db()
    assert not selectors.keys_of(acme.tenant, acme.another_application()).exists()


def test_a_product_called_by_user_key_demands_no_application_key(acme: Provider) -> None:
    services.remove_key(services.add_key(acme.application, by=BY), by=BY)
    assert not selectors.keys_of(acme.tenant, acme.application).exists()


def test_up_to_five_keys_are_added_and_removed(acme: Provider) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    acme.application.refresh_from_db()
    application = acme.application
    assert selectors.keys_of(acme.tenant, application).count() == 1, "made with the mode"
    odd = services.add_key(application, by=BY, value=string.punctuation)
    for number in range(3):
        services.add_key(application, by=BY, value=f"key-{number}")
    with pytest.raises(ValidationError) as failed:
        services.add_key(application, by=BY, value="one-too-many")
    assert failed.value.message_dict == {"base": ["The limit of 5 keys is reached"]}
    assert selectors.key_by_value(acme.tenant, application, string.punctuation) == odd
    for key in list(selectors.keys_of(acme.tenant, application))[:4]:
        services.remove_key(key, by=BY)
    with pytest.raises(ValidationError, match="The last key cannot be deleted"):
        services.remove_key(selectors.keys_of(acme.tenant, application).get(), by=BY)


def test_a_regenerated_user_key_is_another_one(acme: Provider) -> None:
    old = acme.application.user_key
    services.regenerate_user_key(acme.application, by=BY)
    acme.application.refresh_from_db()
    assert acme.application.user_key != old
    assert selectors.application_by_user_key(acme.tenant, old) is None


def test_a_replaced_user_key_opens_the_application_until_it_ends(acme: Provider) -> None:
    old, until = acme.application.user_key, soon()
    services.regenerate_user_key(acme.application, by=BY, keep_until=until)
    find = selectors.application_by_user_key
    assert find(acme.tenant, old) == find(acme.tenant, acme.application.user_key)
    [former] = selectors.former_user_keys_of(acme.tenant, acme.application)
    assert former.expires_at == until
    event = events_of(acme.tenant).last()
    assert event
    assert event.kind == "application.user_key_changed"
    assert event.after["old_until"] == until.isoformat()
    assert old not in str(event.after)
    services.remove_former_user_keys(acme.application, by=BY)
    assert find(acme.tenant, old) is None
    count = events_of(acme.tenant).count()
    services.remove_former_user_keys(acme.application, by=BY)
    assert events_of(acme.tenant).count() == count


def test_nobody_else_gets_a_user_key_that_still_opens_an_application(acme: Provider) -> None:
    old, other = acme.application.user_key, acme.another_application()
    services.regenerate_user_key(acme.application, by=BY, keep_until=soon())
    for take in (
        lambda: acme.another_application(user_key=old),
        lambda: update_application(other, by=BY, user_key=old),
    ):
        with pytest.raises(ValidationError) as failed:
            take()
        assert failed.value.message_dict == {"user_key": ["has already been taken"]}
    update_application(acme.application, by=BY, user_key=old)
    assert not selectors.former_user_keys_of(acme.tenant, acme.application).exists()


def test_the_end_of_an_overlap_lies_ahead_and_overlaps_are_counted(acme: Provider) -> None:
    now = datetime.fromtimestamp(clock.now(), UTC)
    with pytest.raises(ValidationError) as failed:
        services.regenerate_user_key(acme.application, by=BY, keep_until=now)
    assert failed.value.message_dict == {"keep_until": ["must be in the future"]}
    for _ in range(services.EXPIRING_MAX):
        services.regenerate_user_key(acme.application, by=BY, keep_until=soon())
    with pytest.raises(ValidationError, match="5 replaced keys are still valid"):
        services.regenerate_user_key(acme.application, by=BY, keep_until=soon())
    services.regenerate_user_key(acme.application, by=BY)


def test_an_application_key_is_replaced_at_once_or_with_the_old_beside_it(acme: Provider) -> None:
    application = by_id_and_key(acme)
    first = selectors.keys_of(acme.tenant, application).get()
    second = services.rotate_key(first, by=BY, value="my-own-key")
    assert [key.value for key in selectors.keys_of(acme.tenant, application)] == ["my-own-key"]
    until = soon()
    third = services.rotate_key(second, by=BY, keep_until=until)
    keys = selectors.keys_of(acme.tenant, application)
    assert [(key.value, key.expires_at) for key in keys] == [
        ("my-own-key", until), (third.value, None),
    ]  # fmt: skip
    second.refresh_from_db()
    with pytest.raises(ValidationError, match="has been replaced already"):
        services.rotate_key(second, by=BY)
    with pytest.raises(ValidationError, match="The last key cannot be deleted"):
        services.remove_key(third, by=BY)
    replaced = second.pk
    services.remove_key(second, by=BY)
    event = events_of(acme.tenant).filter(kind="application.key_updated").last()
    assert event
    assert (event.before, event.after["key_id"]) == ({"key_id": replaced}, third.pk)


def test_keys_that_end_do_not_count_as_keys(acme: Provider) -> None:
    application = by_id_and_key(acme)
    for _ in range(services.KEYS_MAX - 1):
        services.add_key(application, by=BY)
    for key in selectors.keys_of(acme.tenant, application)[:2]:
        services.rotate_key(key, by=BY, keep_until=soon())
    assert selectors.keys_of(acme.tenant, application).count() == services.KEYS_MAX + 2
    with pytest.raises(ValidationError, match="The limit of 5 keys is reached"):
        services.add_key(application, by=BY)


def test_a_client_of_openid_connect_has_one_secret(acme: Provider) -> None:
    application = by_id_and_key(acme, "oidc")
    with pytest.raises(ValidationError, match="The limit of 1 key is reached"):
        services.add_key(application, by=BY)
    secret = selectors.keys_of(acme.tenant, application).get()
    with pytest.raises(ValidationError, match="The last key cannot be deleted"):
        services.remove_key(secret, by=BY)
    services.rotate_key(secret, by=BY, keep_until=soon())
    assert selectors.keys_of(acme.tenant, application).count() == 2
