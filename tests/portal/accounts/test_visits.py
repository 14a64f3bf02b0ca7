"""Support's visits: who is logged, and who may."""

from __future__ import annotations

import pytest

from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import act_as
from tollway.portal.accounts.visits import acting, is_open, may_act
from tollway.portal.events.actors import Actor

pytestmark = pytest.mark.django_db


def test_a_change_is_the_admins_on_behalf_of_the_developer(acme: Provider) -> None:
    visit = act_as(acme.account, acme.admin, by=BY).visit
    expected = Actor("user", str(acme.admin.pk), str(acme.developer.pk), "request-1")
    assert acting(visit, "request-1") == expected


@pytest.mark.parametrize(
    ("role", "sections", "may"),
    [("admin", [], True), ("member", ["partners"], True), ("member", ["plans"], False)],
)
def test_an_admin_may_and_a_member_who_is_let_into_accounts(
    acme: Provider, role: str, sections: list[str], *, may: bool
) -> None:
    visit = act_as(acme.account, acme.admin, by=BY).visit
    visit.admin.role, visit.admin.allowed_sections = User.Role(role), sections
    assert may_act(visit.admin) == may
    assert is_open(visit) == may
