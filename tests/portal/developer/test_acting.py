"""Support acts as a developer: over by a token, seen on every page, logged, ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from portal.console.visiting import admin, member
from portal.console.visiting import text as admin_text
from portal.developer.visiting import host_of, text, visitor
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.portal.accounts.models import SupportVisit, User
from tollway.portal.accounts.services import (
    act_as,
    begin_visit,
    change_account_state,
    change_user_state,
    create_user,
    delete_user,
    update_user,
)
from tollway.portal.accounts.visits import acting
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def handed_over(provider: Provider, client: Client) -> str:
    """Let an admin press the account's button; return the token that the page carries."""
    page = client.post(f"/buyers/accounts/{provider.account.pk}/act_as")
    assert page.status_code == 200
    found = _TOKEN.search(page.content.decode())
    assert found
    return found[1]


def acting_in(provider: Provider) -> Client:
    """Return a browser in which the provider's admin acts as its developer."""
    token = handed_over(provider, admin(provider))
    client = Client(headers=host_of(provider))
    assert client.post("/act_as", {"token": token})["Location"] == "/admin"
    return client


def test_an_admin_goes_over_by_a_form_that_the_policy_lets_out_to_this_host_only(
    acme: Provider,
) -> None:
    page = admin(acme).post(f"/buyers/accounts/{acme.account.pk}/act_as")
    assert "Act as john of Developer?" in admin_text(page)
    assert 'action="http://acme.localhost:3000/act_as"' in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "form-action 'self' http://acme.localhost:3000/;" in policy
    assert "script-src 'self';" in policy
    assert "no-store" in page["Cache-Control"]


def test_every_page_says_who_acts_as_whom_and_the_code_is_not_asked(acme: Provider) -> None:
    client = acting_in(acme)
    for path in (
        "/",
        "/admin",
        "/admin/applications",
        f"/admin/applications/{acme.application.pk}",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "admin acts as john of Developer, until" in text(answer), path


def test_a_token_works_once_for_minutes_on_its_own_tenants_side(
    acme: Provider, globex: Provider
) -> None:
    visitor(globex)
    client, token = admin(acme), handed_over(acme, admin(acme))
    elsewhere = Client(headers=host_of(globex)).post("/act_as", {"token": token})
    assert elsewhere.status_code == 403
    first = Client(headers=host_of(acme)).post("/act_as", {"token": token})
    again = Client(headers=host_of(acme)).post("/act_as", {"token": token})
    assert (first.status_code, again.status_code) == (302, 403)
    assert "This link has ended" in text(again)
    late = handed_over(acme, client)
    SupportVisit.objects.filter(begun_at=None).update(takes_until=clock.utc_now())
    assert Client(headers=host_of(acme)).post("/act_as", {"token": late}).status_code == 403
    assert Client(headers=host_of(acme)).post("/act_as", {"token": ""}).status_code == 403
    assert Client(headers=host_of(acme)).get("/act_as").status_code == 405


def test_no_token_is_kept_in_the_clear(acme: Provider) -> None:
    token = handed_over(acme, admin(acme))
    assert token not in str(list(SupportVisit.objects.values_list("digest", flat=True)))
    assert token not in str(list(Event.objects.values_list("after", flat=True)))
    Client(headers=host_of(acme)).post("/act_as", {"token": token})
    assert SupportVisit.objects.get().digest == ""


def test_what_is_done_is_logged_as_the_admins_on_behalf_of_the_developer(acme: Provider) -> None:
    client = acting_in(acme)
    client.post(f"/admin/applications/{acme.application.pk}/user_key", {"keep": "0"})
    for kind in ("account.acting_began", "application.user_key_changed"):
        event = Event.objects.get(kind=kind)
        by = (event.actor_kind, event.actor_id, event.on_behalf_of)
        assert by == ("user", str(acme.admin.pk), str(acme.developer.pk)), kind


def test_it_ends_by_a_button_that_leads_back(acme: Provider) -> None:
    client = acting_in(acme)
    ended = client.post("/act_as/end")
    assert "You no longer act as john" in text(ended)
    back = f"http://acme-admin.localhost:3000/buyers/accounts/{acme.account.pk}"
    assert back in ended.content.decode()
    assert "acts as" not in text(ended)
    visitor(acme)
    assert client.get("/admin")["Location"].startswith("/login")
    assert Event.objects.filter(kind="account.acting_ended").count() == 1
    assert client.post("/act_as/end")["Location"] == "/", "who does not act has nothing to end"


def test_signing_out_ends_it_too(acme: Provider) -> None:
    client = acting_in(acme)
    assert client.post("/logout")["Location"] == "/"
    assert SupportVisit.objects.get().ended_at is not None


def test_it_ends_by_itself_after_an_hour(acme: Provider) -> None:
    client = acting_in(acme)
    visit = SupportVisit.objects.get()
    assert visit.ends_at - visit.created_at < timedelta(hours=1, seconds=10)
    assert visit.ends_at - visit.created_at > timedelta(minutes=59)
    SupportVisit.objects.update(ends_at=clock.utc_now())
    visitor(acme)
    assert client.get("/admin")["Location"].startswith("/login")


@pytest.mark.parametrize("what", ["admin", "password", "developer", "account"])
def test_it_ends_with_what_it_rests_on(acme: Provider, what: str) -> None:
    boss = create_user(acme.tenant, by=BY, username="boss", email="boss@acme.example")
    User.objects.filter(pk=boss.pk).update(role=User.Role.ADMIN, state=User.State.ACTIVE)
    client = acting_in(acme)
    if what == "admin":
        change_user_state(acme.admin, "suspend", by=BY)
    elif what == "password":
        update_user(acme.admin, by=BY, password="another good password")
    elif what == "developer":
        change_user_state(acme.developer, "suspend", by=BY)
    else:
        change_account_state(acme.account, "suspend", by=BY)
    visitor(acme)
    assert client.get("/admin")["Location"].startswith("/login")


def test_a_member_needs_the_permission_and_a_stranger_has_no_way(
    acme: Provider, globex: Provider
) -> None:
    path = f"/buyers/accounts/{acme.account.pk}/act_as"
    assert member(acme, User.Section.PLANS, name="plans").post(path).status_code == 403
    assert member(acme, User.Section.PARTNERS, name="partners").post(path).status_code == 200
    assert admin(globex).post(path).status_code == 404
    with pytest.raises(ValidationError, match="Only who may manage accounts"):
        act_as(acme.account, globex.admin, by=BY)
    with pytest.raises(ValidationError, match="Only who may manage accounts"):
        act_as(acme.account, acme.developer, by=BY)


def test_nobody_acts_for_an_account_that_cannot_be_signed_in_to(acme: Provider) -> None:
    User.objects.filter(pk=acme.developer.pk).update(state=User.State.PENDING)
    with pytest.raises(ValidationError, match="no active user"):
        act_as(acme.account, acme.admin, by=BY)
    change_account_state(acme.account, "suspend", by=BY)
    with pytest.raises(ValidationError, match="not approved"):
        act_as(acme.account, acme.admin, by=BY)
    answer = admin(acme).post(f"/buyers/accounts/{acme.account.pk}/act_as")
    assert (answer.status_code, answer["Location"]) == (302, "/buyers/accounts")


def test_passwords_and_users_are_out_of_reach_meanwhile(acme: Provider) -> None:
    token = act_as(acme.account, acme.admin, by=BY).token
    by = acting(begin_visit(acme.tenant, token), "")
    with pytest.raises(ValidationError, match="acts as a developer"):
        update_user(acme.developer, by=by, password=PASSWORD)
    with pytest.raises(ValidationError, match="acts as a developer"):
        delete_user(acme.developer, by=by)
    update_user(acme.developer, by=by, first_name="John")
