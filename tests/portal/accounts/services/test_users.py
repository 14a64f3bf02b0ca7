"""Users of both kinds: pending at first, moved between states and roles; an admin always stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import (
    create_fields_definition,
    update_settings,
    update_tenant,
    users,
)
from tollway.portal.events.actors import Actor
from tollway.portal.events.selectors import events_of


def make(provider: Provider, **fields: Any) -> User:
    fields = {"username": "newcomer", "email": "new@acme.example", "password": PASSWORD, **fields}
    return users.create_user(provider.tenant, by=BY, **fields)


def errors_of(service: Any, *args: Any, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as failed:
        service(*args, by=BY, **changes)
    return failed.value.message_dict


def test_a_new_user_is_a_pending_member(acme: Provider) -> None:
    for account in (None, acme.account):
        user = make(acme, account=account)
        assert (user.state, user.role, user.account) == ("pending", "member", account)
        assert user.check_password(PASSWORD)
        event = events_of(acme.tenant).last()
        assert event
        assert (event.kind, event.object_id) == ("user.created", str(user.pk))


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"username": "ab"}, {"username": ["is too short (minimum is 3 characters)"]}),
        ({"username": "a" * 41}, {"username": ["is too long (maximum is 40 characters)"]}),
        ({"username": "no spaces"}, {"username": ["is invalid"]}),
        ({"username": ""}, {"username": ["can't be blank"]}),
        ({"username": "admin"}, {"username": ["has already been taken"]}),
        ({"email": "nobody"}, {"email": ["is invalid"]}),
        ({"email": "ADMIN@acme.example"}, {"email": ["has already been taken"]}),
        ({"password": "12345"}, {"password": ["is too short (minimum is 6 characters)"]}),
    ],
)
def test_what_a_user_cannot_be_is_named(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"username": "newcomer", "email": "new@acme.example", "password": PASSWORD, **fields}
    assert errors_of(users.create_user, acme.tenant, **given) == errors


def test_a_portal_has_as_many_users_as_the_operator_allows(acme: Provider) -> None:
    update_tenant(acme.tenant, by=BY, max_users=2)
    make(acme)
    other = {"username": "another", "email": "another@acme.example"}
    assert errors_of(users.create_user, acme.tenant, **other) == {
        "base": ["The limit of 2 users is reached"]
    }
    make(acme, account=acme.account, **other)


def test_names_are_taken_by_side_and_tenant(acme: Provider, globex: Provider) -> None:
    make(acme, account=acme.account, username="admin")
    make(globex, username="newcomer")
    make(acme, username="john", email="john@dev.example")
    wrong = errors_of(users.create_user, acme.tenant, account=acme.account, username="john")
    assert wrong == {"username": ["has already been taken"]}


def test_strong_passwords_are_asked_for_where_the_settings_say_so(acme: Provider) -> None:
    update_settings(acme.tenant, by=BY, strong_passwords_enabled=True)
    user = User.objects.get(pk=acme.admin.pk)
    wrong = errors_of(users.update_user, user, password="fourteen chars")
    assert wrong == {"password": ["is too short (minimum is 15 characters)"]}
    users.update_user(user, by=BY, password="fifteen letters")
    assert User.objects.get(pk=user.pk).check_password("fifteen letters")


def test_a_user_changes_and_the_log_does_not_know_the_password(acme: Provider) -> None:
    create_fields_definition(acme.tenant, by=BY, target="User", name="pet", label="Pet")
    changes = {"first_name": "Ada", "password": "another one", "extra_fields": {"pet": "cat"}}
    users.update_user(acme.developer, by=BY, **changes)
    event = events_of(acme.tenant).last()
    assert event
    assert event.after == {**changes, "password": "changed"}
    user = User.objects.get(pk=acme.developer.pk)
    assert (user.first_name, user.extra_fields) == ("Ada", {"pet": "cat"})
    assert user.check_password("another one")


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("pending", "activate", "active"),
        ("active", "suspend", "suspended"),
        ("suspended", "unsuspend", "active"),
        ("active", "activate", None),
        ("pending", "suspend", None),
        ("active", "unsuspend", None),
    ],
)
def test_a_user_moves_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    User.objects.filter(pk=acme.developer.pk).update(state=state)
    if after is None:
        wrong = errors_of(users.change_user_state, acme.developer, event)
        assert wrong == {"state": [f'cannot transition via "{event}"']}
    else:
        users.change_user_state(acme.developer, event, by=BY)
    assert User.objects.get(pk=acme.developer.pk).state == (after or state)


def test_there_is_always_an_admin(acme: Provider) -> None:
    for last, account in ((acme.admin, None), (acme.developer, acme.account)):
        assert errors_of(users.delete_user, last) == {"base": ["The last admin cannot be deleted"]}
        role = errors_of(users.change_role, last, "member")
        assert role == {"role": ["cannot be changed for the last admin"]}
        other = make(acme, account=account)
        users.change_role(other, "admin", by=BY)
        assert errors_of(users.delete_user, last), "a pending admin cannot sign in"
        users.change_user_state(other, "activate", by=BY)
        users.change_role(last, "member", by=BY)
        users.delete_user(last, by=BY)
        assert not User.objects.filter(pk=last.pk).exists()
    left = User.objects.get(tenant=acme.tenant, account=None)
    assert errors_of(users.change_user_state, left, "suspend") == {
        "base": ["The last admin cannot be suspended"]
    }


def test_nobody_deletes_themselves(acme: Provider) -> None:
    user = make(acme)
    with pytest.raises(ValidationError) as failed:
        users.delete_user(user, by=Actor("user", str(user.pk)))
    assert failed.value.message_dict == {"base": ["Users cannot delete themselves"]}


def test_a_member_is_permitted_what_was_allowed(acme: Provider) -> None:
    member = make(acme)
    assert (member.sections, member.allowed_products()) == ([], None)
    users.update_permissions(
        member, by=BY, allowed_sections=["plans"], allowed_service_ids=[acme.product.pk]
    )
    member = User.objects.get(pk=member.pk)
    assert [s for s in User.Section.values if member.permitted(s)] == ["plans"]
    assert member.allowed_products() == frozenset({acme.product.pk})
    users.update_permissions(member, by=BY, allowed_service_ids=None)
    assert User.objects.get(pk=member.pk).allowed_products() is None
    users.change_role(member, "admin", by=BY)
    assert member.permitted("settings")
    assert member.permitted("what only admins may")
    wrong = errors_of(users.update_permissions, member, allowed_sections=["kitchen"])
    assert wrong == {"allowed_sections": ["are invalid"]}


def test_notifications_are_switched_one_by_one(acme: Provider) -> None:
    users.update_notifications(acme.admin, by=BY, daily_report=True)
    users.update_notifications(acme.admin, by=BY, weekly_report=True)
    kept = User.objects.get(pk=acme.admin.pk).notifications
    assert kept == {"daily_report": True, "weekly_report": True}
    with pytest.raises(TypeError, match="there is no notification hourly_report"):
        users.update_notifications(acme.admin, by=BY, hourly_report=True)
