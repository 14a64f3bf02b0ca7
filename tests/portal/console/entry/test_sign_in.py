"""Signing in and out, and where each host's start page leads."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.console.entry import sign_in
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.throttle import SIGN_IN

pytestmark = pytest.mark.django_db

ADMIN, DEVELOPER, MASTER = "acme-admin.localhost:3000", "acme.localhost:3000", "master.localhost"


def visitor(host: str = ADMIN, *, checks_csrf: bool = False) -> Client:
    return Client(headers={"host": host}, enforce_csrf_checks=checks_csrf)


def form(username: str = "admin", password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"username": username, "password": password, **more}


def test_start_pages_lead_where_each_host_is_for(acme: Provider) -> None:
    for host in (ADMIN, MASTER):
        assert visitor(host).get("/")["Location"] == "/p/login"
    assert visitor(DEVELOPER).get("/")["Location"] == "/access_code?return_to=/"


def test_admins_sign_in_by_name_or_e_mail(acme: Provider) -> None:
    for name in ("admin", "admin@acme.example", "ADMIN@acme.example"):
        client = visitor()
        assert client.post("/p/login", form(name))["Location"] == "/p/admin/dashboard"
        page = client.get("/p/admin/dashboard").content.decode()
        assert "admin: your account" in page
        assert "/p/admin/cms/visit_portal" in page
        assert client.get("/")["Location"] == "/p/admin/dashboard"
        assert client.get("/p/login")["Location"] == "/p/admin/dashboard"


def test_the_operator_signs_in_on_the_master_host(acme: Provider) -> None:
    client = visitor(MASTER)
    assert client.post("/p/login", form("master"))["Location"] == "/p/admin/dashboard"
    page = client.get("/p/admin/dashboard").content.decode()
    assert "Organisations" in page
    assert "developer portal" not in page.lower()


REFUSED = [
    (form(password="wrong"), 422, sign_in.WRONG),
    (form("nobody"), 422, sign_in.WRONG),
    (form("ADMIN"), 422, sign_in.WRONG),
    (form(""), 422, "Enter your user name or e-mail."),
    (form(password=""), 422, "Enter your password."),
    ({}, 422, "Enter your password."),
]


@pytest.mark.parametrize(("sent", "status", "message"), REFUSED)
def test_what_is_wrong_is_said_at_the_form(
    acme: Provider, sent: dict[str, str], status: int, message: str
) -> None:
    response = visitor().post("/p/login", sent)
    page = response.content.decode()
    assert (response.status_code, message in page) == (status, True)
    assert PASSWORD not in page
    assert "tollway_session" not in response.cookies


def test_a_name_that_exists_and_one_that_does_not_are_answered_alike(acme: Provider) -> None:
    pages = [
        re.sub(r"admin|nobody", "x", visitor().post("/p/login", form(name, "x")).content.decode())
        for name in ("admin", "nobody")
    ]
    token = re.compile(r'value="\w{64}"')
    assert token.sub("", pages[0]) == token.sub("", pages[1])


def test_globexs_admin_is_unknown_to_acme(acme: Provider, globex: Provider) -> None:
    response = visitor().post("/p/login", form("admin@globex.example"))
    assert response.status_code == 422


TARGETS = [
    ("/p/admin/dashboard?tab=1", "/p/admin/dashboard?tab=1"),
    ("https://evil.example/", "/p/admin/dashboard"),
    ("//evil.example/", "/p/admin/dashboard"),
    ("/\\evil.example/", "/p/admin/dashboard"),
    ("javascript:alert(1)", "/p/admin/dashboard"),
    ("p/relative", "/p/admin/dashboard"),
    ("", "/p/admin/dashboard"),
]


@pytest.mark.parametrize(("wanted", "location"), TARGETS)
def test_signing_in_leads_back_to_a_page_of_this_host_only(
    acme: Provider, wanted: str, location: str
) -> None:
    assert visitor().post("/p/login", form(next=wanted))["Location"] == location


def test_the_page_that_was_asked_for_is_kept_through_a_wrong_try(acme: Provider) -> None:
    client = visitor()
    asked = client.get("/p/admin/dashboard")["Location"]
    assert asked == "/p/login?next=/p/admin/dashboard"
    again = client.post(asked, form(password="wrong", next="/p/admin/dashboard?x=1"))
    assert 'name="next" value="/p/admin/dashboard?x=1"' in again.content.decode()


def test_too_many_tries_are_told_how_long_to_wait(acme: Provider) -> None:
    for _ in range(SIGN_IN.per_name):
        assert visitor().post("/p/login", form(password="wrong")).status_code == 422
    response = visitor().post("/p/login", form())
    assert response.status_code == 429
    assert "Too many tries. Wait 15 minutes, then try again." in response.content.decode()
    assert 0 < int(response["Retry-After"]) <= 900


def test_a_suspended_tenants_admin_is_told_so_and_only_with_the_password(acme: Provider) -> None:
    change_tenant_state(Tenant.objects.get(pk=acme.tenant.pk), "suspend", by=BY)
    assert sign_in.SUSPENDED in visitor().post("/p/login", form()).content.decode()
    wrong = visitor().post("/p/login", form(password="wrong"))
    assert sign_in.SUSPENDED not in wrong.content.decode()


def test_forms_without_a_token_are_refused(acme: Provider) -> None:
    client = visitor(checks_csrf=True)
    response = client.post("/p/login", form())
    assert response.status_code == 403
    assert "no longer valid" in response.content.decode()


def test_signing_out_takes_a_post(acme: Provider) -> None:
    client = visitor()
    client.post("/p/login", form())
    assert client.get("/p/logout").status_code == 405
    assert client.post("/p/logout")["Location"] == "/p/login"
    assert client.get("/p/admin/dashboard").status_code == 302


def test_admin_pages_are_not_there_for_developers(acme: Provider) -> None:
    for path in ("/p/login", "/p/admin/dashboard"):
        response = visitor(DEVELOPER).get(path)
        assert response.status_code == 404
        assert "no such page" in response.content.decode()


def test_pages_of_signed_in_users_are_not_cached(acme: Provider) -> None:
    for path in ("/", "/p/login", "/p/admin/dashboard"):
        assert "no-store" in visitor().get(path)["Cache-Control"]


def test_names_are_escaped(acme: Provider) -> None:
    response = visitor().post("/p/login", form('"><script>alert(1)</script>', "x"))
    assert "<script>" not in response.content.decode()
