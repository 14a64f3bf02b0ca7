"""Applications: their states, plans and credentials, and the sign-up that makes the first one."""

from __future__ import annotations

import string
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import Account
from tollway.portal.applications import selectors, services
from tollway.portal.applications.models import Application
from tollway.portal.catalog.services import update_product
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.services import (
    create_application_plan,
    set_default_plan,
    update_application_plan,
)


def test_a_new_application_is_live_and_has_credentials(acme: Provider) -> None:
    application = acme.another_application()
    assert application.state == "live"
    assert len(bytes.fromhex(application.user_key)) == 16
    assert len(bytes.fromhex(application.application_id)) == 4
    assert not selectors.keys_of(acme.tenant, application).exists()
    assert application.user_key.encode() not in bytes(application.user_key_sealed)


def test_where_a_plan_asks_for_approval_it_is_pending_first(acme: Provider) -> None:
    update_application_plan(acme.plan, by=BY, approval_required=True)
    application = acme.another_application()
    assert application.state == "pending"
    services.change_state(application, "accept", by=BY)
    application.refresh_from_db()
    assert application.state == "live"


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("pending", "accept", "live"),
        ("pending", "suspend", None),
        ("pending", "resume", None),
        ("live", "accept", None),
        ("live", "suspend", "suspended"),
        ("live", "resume", None),
        ("suspended", "accept", None),
        ("suspended", "suspend", None),
        ("suspended", "resume", "live"),
    ],
)
def test_states_change_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    Application.objects.filter(pk=acme.application.pk).update(state=state)
    if after is None:
        with pytest.raises(ValidationError) as failed:
            services.change_state(acme.application, event, by=BY)
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        services.change_state(acme.application, event, by=BY)
    acme.application.refresh_from_db()
    assert acme.application.state == (after or state)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"user_key": "with space"}, {"user_key": ["is invalid"]}),
        ({"user_key": "k" * 257}, {"user_key": ["is invalid"]}),
        ({"application_id": "abc"}, {"application_id": ["is invalid"]}),
        (
            {"application_id": "a" * 256},
            {"application_id": ["is too long (maximum is 255 characters)"]},
        ),
        ({"keys": ["1234"]}, {"value": ["is invalid"]}),
        ({"keys": ["k" * 256]}, {"value": ["is invalid"]}),
        ({"keys": ["same-key", "same-key"]}, {"value": ["has already been taken"]}),
        (
            {"keys": [f"key-number-{n}" for n in range(6)]},
            {"base": ["The limit of 5 keys is reached"]},
        ),
    ],
)
def test_an_application_is_refused_and_nothing_is_made(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as failed:
        acme.another_application(**fields)
    assert {name: failed.value.message_dict[name][:1] for name in errors} == errors
    assert selectors.applications_of(acme.tenant).count() == 1


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


def test_an_application_id_is_unique_in_its_product(acme: Provider) -> None:
    application = acme.another_application(application_id="my-own-id")
    with pytest.raises(ValidationError) as failed:
        acme.another_application(application_id="my-own-id")
    assert failed.value.message_dict == {"application_id": ["has already been taken"]}
    plan = create_application_plan(acme.another_product(), by=BY, name="Other")
    twin = acme.another_application(plan=plan, application_id="my-own-id")
    find = selectors.application_by_app_id
    assert find(acme.tenant, "my-own-id", acme.product.pk) == application
    assert find(acme.tenant, "my-own-id", twin.product_id) == twin


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
    services.add_key(application, by=BY)
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


def test_a_plan_is_changed_within_the_product_only(acme: Provider, globex: Provider) -> None:
    gold = create_application_plan(acme.product, by=BY, name="Gold")
    services.change_plan(acme.application, gold, by=BY)
    acme.application.refresh_from_db()
    assert acme.application.plan == gold
    elsewhere = create_application_plan(acme.another_product(), by=BY, name="Elsewhere")
    for plan in (elsewhere, globex.plan):
        with pytest.raises(ValidationError) as failed:
            services.change_plan(acme.application, plan, by=BY)
        assert "plan_id" in failed.value.message_dict
    with pytest.raises(ValidationError, match="must be of the same tenant"):
        services.create_application(acme.account, by=BY, plan=globex.plan, name="Stolen")


def test_a_sign_up_makes_account_user_and_an_application_per_default_plan(acme: Provider) -> None:
    plain = services.sign_up(acme.tenant, by=BY, org_name="Plain", username="plain")
    assert plain.applications == ()
    set_default_plan(acme.product, acme.plan, by=BY)
    before = events_of(acme.tenant).count()
    made = services.sign_up(
        acme.tenant, by=BY, org_name="New", username="newcomer", email="new@dev.example",
        password=PASSWORD,
    )  # fmt: skip
    assert (made.account.state, made.user.state, made.user.role) == ("approved", "active", "admin")
    assert made.user.check_password(PASSWORD)
    [application] = made.applications
    assert (application.name, application.plan, application.state) == (
        "API signup", acme.plan, "live",
    )  # fmt: skip
    assert events_of(acme.tenant).count() == before + 1
    other = create_application_plan(acme.product, by=BY, name="Other")
    chosen = services.sign_up(acme.tenant, by=BY, plan=other, org_name="X", username="chooser")
    assert [a.plan for a in chosen.applications] == [other]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"org_name": ""}, {"org_name": ["can't be blank"]}),
        ({"username": ""}, {"username": ["can't be blank"]}),
        ({"username": "ab"}, {"username": ["is too short (minimum is 3 characters)"]}),
        ({"username": "a b c"}, {"username": ["is invalid"]}),
        ({"username": "u" * 41}, {"username": ["is too long (maximum is 40 characters)"]}),
        ({"username": "john"}, {"username": ["has already been taken"]}),
        ({"email": "JOHN@dev.example"}, {"email": ["has already been taken"]}),
        ({"email": "nobody"}, {"email": ["is invalid"]}),
        ({"password": "short"}, {"password": ["is too short (minimum is 6 characters)"]}),
    ],
)
def test_a_sign_up_is_refused_whole(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"org_name": "New", "username": "newcomer", **fields}
    with pytest.raises(ValidationError) as failed:
        services.sign_up(acme.tenant, by=BY, **given)
    assert failed.value.message_dict == errors
    assert Account.objects.filter(tenant=acme.tenant).count() == 1


def test_the_same_developer_may_sign_up_at_two_providers(acme: Provider, globex: Provider) -> None:
    assert acme.developer.username == globex.developer.username
    assert acme.developer.email == globex.developer.email


def test_a_deleted_account_takes_all_along(acme: Provider) -> None:
    application_id = acme.application.application_id
    services.delete_account(acme.account, by=BY)
    assert not Application.objects.filter(tenant=acme.tenant).exists()
    event = events_of(acme.tenant).last()
    assert event
    assert event.before["applications"] == [
        {"product_id": acme.product.pk, "application_id": application_id}
    ]
