"""An account with its first user, as every sign-up makes them."""

from __future__ import annotations

import pytest

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts import selectors
from tollway.portal.accounts.services import create_fields_definition
from tollway.portal.accounts.signup import expect, make_account


def test_developers_and_admins_have_names_of_their_own(acme: Provider) -> None:
    made = make_account(acme.tenant, {"org_name": "Twin", "username": "admin"})
    assert selectors.developer_by_login(acme.tenant, "admin") == made.user
    assert selectors.admin_by_login(acme.tenant, "admin") == acme.admin
    assert selectors.developer_by_login(acme.tenant, "JOHN@dev.example") == acme.developer
    assert selectors.developer_by_login(acme.tenant, "") is None


def test_account_and_user_are_usable_at_once(acme: Provider) -> None:
    made = make_account(
        acme.tenant, {"org_name": "New", "username": "newcomer", "password": PASSWORD}
    )
    assert (made.account.state, made.user.state, made.user.role) == ("approved", "active", "admin")
    assert made.user.check_password(PASSWORD)


def test_without_a_password_nobody_signs_in(acme: Provider) -> None:
    made = make_account(acme.tenant, {"org_name": "New", "username": "newcomer"})
    assert not made.user.has_usable_password()
    with pytest.raises(TypeError, match="an account has no plan"):
        expect({"plan": 1})


def test_account_and_user_each_find_their_own_of_the_extra_fields(acme: Provider) -> None:
    for target, name in (("Account", "size"), ("User", "pet")):
        create_fields_definition(acme.tenant, by=BY, target=target, name=name, label=name)
    extra = {"size": "L", "pet": "cat", "colour": "red"}
    made = make_account(
        acme.tenant, {"org_name": "New", "username": "newcomer", "extra_fields": extra}
    )
    assert made.account.extra_fields == {"size": "L"}
    assert made.user.extra_fields == {"pet": "cat"}
