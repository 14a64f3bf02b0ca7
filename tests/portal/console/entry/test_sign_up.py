"""Signing up: what comes of it, who may, what is refused, and how often."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from portal.console.entry.people_coming import (
    ACME,
    CHOSEN,
    host_of,
    newest_link,
    set_to,
    sign_up,
    sign_up_form,
    visitor,
)
from portal.console.visiting import NONCE, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_fields_definition, update_settings
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.selectors import products_of
from tollway.portal.console.entry.sign_up import is_open
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail
from tollway.portal.plans.models import AccountPlan
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import humans
from tollway.portal.web.throttle import SIGN_UP

pytestmark = pytest.mark.django_db


def organisations() -> int:
    return Tenant.objects.filter(is_master=False).count()


def error(response: Any, field: str) -> str:
    """Return what a page says at a field."""
    found = re.search(rf'id="id_{field}_error"><p>(.*?)</p>', response.content.decode())
    return found[1] if found else ""


def test_an_organisation_begins_with_the_sample_data_and_a_pending_admin(master: Tenant) -> None:
    user = sign_up(first_name="Maya", last_name="Lin")
    tenant = user.tenant
    assert (tenant.org_name, tenant.subdomain) == ("Night Bus", "nightbus")
    assert (user.username, user.email, user.first_name) == ("maya", "maya@nightbus.example", "Maya")
    assert user.role == User.Role.ADMIN
    assert user.check_password(CHOSEN)
    assert not user.access_tokens.exists()
    assert [product.system_name for product in products_of(tenant)] == ["api"]
    assert applications_of(tenant).get().name == "Developer's App"
    assert tenant.master_account.tenant == master


def test_the_log_says_once_that_a_visitor_made_it(master: Tenant) -> None:
    user = sign_up()
    event = Event.objects.get(kind="tenant.created", tenant=user.tenant)
    assert (event.actor_kind, event.actor_id) == ("visitor", "")
    assert event.request_id


def test_the_mail_leads_to_the_organisations_own_host(master: Tenant) -> None:
    client = visitor()
    assert client.post("/p/signup", sign_up_form())["Location"] == "/p/activate"
    page = client.get("/p/activate")
    assert "maya@nightbus.example" in text(page)
    mail = Mail.objects.get()
    letter = re.search(r"/mailbox/yours/\d+", page.content.decode())
    assert letter
    assert f"/mailbox/yours/{mail.pk}" == letter[0]
    assert client.get(letter[0]).status_code == 200
    assert visitor(host_of(Tenant.objects.latest("pk"))).get(newest_link()).status_code == 200


def test_without_a_sub_domain_it_is_made_of_the_name(master: Tenant) -> None:
    names = [
        sign_up(subdomain="", email=f"{number}@nightbus.example").tenant.subdomain
        for number in range(100, 102)
    ]
    assert names == ["night-bus", "night-bus-2"]


def test_a_sub_domain_is_taken_in_small_letters(master: Tenant) -> None:
    assert sign_up(subdomain=" NightBus ").tenant.subdomain == "nightbus"


REFUSED = [
    ("org_name", "", "Enter the name of your organisation."),
    ("org_name", "  ", "Enter the name of your organisation."),
    ("org_name", "x" * 256, "Ensure this value has at most 255 characters (it has 256)."),
    ("subdomain", "acme", "acme is taken. acme-2 is free."),
    ("subdomain", "ACME", "acme is taken. acme-2 is free."),
    ("subdomain", "master", "master is reserved for Tollway&#x27;s own addresses. Choose another."),
    (
        "subdomain",
        "x-admin",
        "x-admin is reserved for Tollway&#x27;s own addresses. Choose another.",
    ),
    ("subdomain", "a.b", "Use letters, digits and, inside, hyphens."),
    ("subdomain", "-a", "Use letters, digits and, inside, hyphens."),
    ("subdomain", "ä", "Use letters, digits and, inside, hyphens."),
    ("subdomain", "a" * 58, "Use at most 57 characters. This has 58."),
    ("username", "", "Choose a user name."),
    ("username", "ab", "Use 3 to 40 letters, digits or @ . _ -."),
    ("username", "a b c", "Use 3 to 40 letters, digits or @ . _ -."),
    ("email", "", "Enter your e-mail address."),
    ("email", "maya", "Enter an address like ana@acme.example."),
    ("password", "", "Choose a password."),
    ("password", "12345", "Use at least 6 characters. This has 5."),
    ("password", "password1", "This is one of the passwords that are tried first. Choose another."),
]


@pytest.mark.parametrize(("field", "value", "message"), REFUSED)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_made(
    acme: Provider, field: str, value: str, message: str
) -> None:
    response = visitor().post("/p/signup", sign_up_form(**{field: value}))
    assert response.status_code == 422
    assert error(response, field) == message
    assert organisations() == 1
    assert not Mail.objects.exists()
    page = response.content.decode()
    for name, kept in sign_up_form(**{field: value}).items():
        if name not in {"password", "org_name", "began", field}:
            assert f'value="{kept}"' in page
    assert CHOSEN not in page


def test_sending_it_twice_makes_one(master: Tenant) -> None:
    client = visitor()
    for _ in range(2):
        assert client.post("/p/signup", sign_up_form(once=NONCE))["Location"] == "/p/activate"
    assert organisations() == 1
    assert Mail.objects.count() == 1


PROGRAMS = [
    ({"website": "https://spam.example"}, humans.FILLED),
    ({"began": ""}, humans.OLD),
    ({"began": "1:forged"}, humans.OLD),
]


@pytest.mark.parametrize(("sent", "message"), PROGRAMS)
def test_programs_are_refused_and_people_send_it_once_more(
    master: Tenant, sent: dict[str, str], message: str
) -> None:
    response = visitor().post("/p/signup", sign_up_form(**sent))
    assert response.status_code == 422
    assert message in text(response)
    assert organisations() == 0


def test_a_form_that_comes_back_remembers_when_it_was_begun(master: Tenant) -> None:
    sent = sign_up_form(username="")
    page = visitor().post("/p/signup", sent).content.decode()
    assert f'name="began" value="{sent["began"]}"' in page


def test_one_address_makes_so_many_an_hour(master: Tenant) -> None:
    for number in range(SIGN_UP.per_name):
        sign_up(subdomain=f"night-{number}")
    response = visitor().post("/p/signup", sign_up_form(subdomain="another"))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many tries" in text(response)
    assert organisations() == SIGN_UP.per_name


OPEN = [
    ({}, True),
    ({"sign_up": "closed"}, False),
    ({"bind": "0.0.0.0"}, False),  # noqa: S104
    ({"domain": "api.example.com"}, False),
    ({"trusted_proxies": ("127.0.0.1",)}, False),
    ({"domain": "api.example.com", "sign_up": "open"}, True),
]


@pytest.mark.parametrize(("changes", "expected"), OPEN)
def test_it_is_open_where_the_operator_says_so_or_nobody_else_comes_by(
    master: Tenant, changes: dict[str, Any], *, expected: bool
) -> None:
    with set_to(**changes):
        assert is_open(master, settings.TOLLWAY) is expected
    with set_to(**{**changes, "domain": "localhost"}):
        listed = "/p/signup" in visitor().get("/p/login").content.decode()
        assert listed is is_open(master, settings.TOLLWAY)


def closed_by_setting(master: Tenant) -> None:
    update_settings(master, by=BY, signups_enabled=False)


def closed_by_plan(master: Tenant) -> None:
    AccountPlan.objects.filter(tenant=master).update(is_default=False)


@pytest.mark.parametrize("close", [closed_by_setting, closed_by_plan])
def test_a_closed_sign_up_says_so_and_takes_nothing(master: Tenant, close: Any) -> None:
    close(master)
    for response in (visitor().get("/p/signup"), visitor().post("/p/signup", sign_up_form())):
        assert response.status_code == 403
        assert "Sign-up is closed" in text(response)
    assert visitor().get("/p/signup/subdomain").status_code == 404
    assert "/p/signup" not in visitor().get("/p/login").content.decode()
    assert organisations() == 0


def test_it_is_on_the_operators_host_only(acme: Provider) -> None:
    for host in (ACME, "acme.localhost"):
        for path in ("/p/signup", "/p/signup/subdomain"):
            assert visitor(host).get(path).status_code == 404
            assert visitor(host).post(path, sign_up_form()).status_code in {404, 405}
    assert "/p/signup" not in visitor(ACME).get("/p/login").content.decode()
    assert organisations() == 1


def test_a_forged_form_is_refused(master: Tenant) -> None:
    client: Client = visitor(enforce_csrf_checks=True)
    assert client.post("/p/signup", sign_up_form()).status_code == 403


def test_addresses_are_told_while_one_types(acme: Provider) -> None:
    ask = visitor().get
    told = ask("/p/signup/subdomain", {"org_name": "Night Bus", "subdomain": ""}).content.decode()
    assert "http://night-bus-admin.localhost:3000" in told
    assert "http://night-bus.localhost:3000" in told
    taken = ask("/p/signup/subdomain", {"org_name": "Night Bus", "subdomain": "acme"})
    assert "acme is taken. acme-2 is free." in text(taken)


def test_fields_that_the_operator_has_defined_are_asked_for(master: Tenant) -> None:
    define = partial(create_fields_definition, master, by=BY, target="Account")
    define(name="city", label="City")
    define(name="size", label="Size", required=True, choices=["S", "L"])
    define(name="note", label="Note", hidden=True)
    page = visitor().get("/p/signup").content.decode()
    assert ("City" in page, "Size" in page, "Note" in page) == (True, True, False)
    refused = visitor().post("/p/signup", sign_up_form(city="Oslo"))
    assert error(refused, "size") == "Size is needed here."
    account = sign_up(city="Oslo", size="L").tenant.master_account
    assert (account.city, account.extra_fields) == ("Oslo", {"size": "L"})
