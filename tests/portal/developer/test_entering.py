"""Getting in on the developers' side: the home page, the access code, signing in and out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.developer.visiting import developer, host_of, text, visitor, with_password
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.services import change_account_state, change_user_state, update_user
from tollway.portal.catalog.endpoints import production_endpoint
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.catalog.services import deploy, promote
from tollway.portal.developer import gate
from tollway.portal.developer.entering import NOT_ACTIVE, WRONG, WRONG_CODE
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

SAID = "Your account isn't active or hasn't been approved yet."


def sign_in(client: Client, username: str = "john", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login", {"username": username, "password": password, **more})


def test_the_home_page_shows_a_call_once_the_product_is_served(acme: Provider) -> None:
    assert "curl" not in text(visitor(acme).get("/"))
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=1)
    home = text(visitor(acme).get("/"))
    url = production_endpoint(proxy_of(acme.tenant, acme.product))
    assert f'curl "{url}/?user_key=USER_KEY"' in home
    assert acme.application.user_key not in home


def test_a_new_tenants_portal_asks_for_its_code_and_leads_to_the_page_that_was_asked_for(
    acme: Provider,
) -> None:
    code = Tenant.objects.get(pk=acme.tenant.pk).site_access_code
    assert len(code) == 10
    client = visitor(acme, code=True)
    home = client.get("/")
    assert (home.status_code, home["Location"]) == (302, "/access_code?return_to=/")
    assert client.get("/login?a=1")["Location"] == "/access_code?return_to=/login%3Fa%3D1"
    form = client.get("/access_code?return_to=/login%3Fa%3D1")
    assert form.status_code == 200
    assert "Access Restricted" in text(form)
    wrong = client.post("/access_code", {"access_code": "x", "return_to": "/login"})
    assert wrong.status_code == 422
    assert WRONG_CODE in text(wrong)
    assert 'value="/login"' in wrong.content.decode()
    right = client.post("/access_code", {"access_code": code, "return_to": "/login?a=1"})
    assert (right.status_code, right["Location"]) == (302, "/login?a=1")
    cookie = right.cookies["tollway_access"]
    assert code not in cookie.value
    assert (cookie["httponly"], cookie["domain"]) == (True, "")
    assert cookie["max-age"] == gate.LASTS.total_seconds()
    assert client.get("/").status_code == 200
    Tenant.objects.filter(pk=acme.tenant.pk).update(site_access_code="another")
    assert client.get("/").status_code == 302, "another code asks everybody again"
    Tenant.objects.filter(pk=acme.tenant.pk).update(site_access_code="")
    assert Client(headers=host_of(acme)).get("/").status_code == 200


def test_a_code_opens_no_other_tenants_portal_and_is_not_guessed(
    acme: Provider, globex: Provider
) -> None:
    Tenant.objects.all().update(site_access_code="the same")
    client = visitor(acme, code=True)
    client.post("/access_code", {"access_code": "the same"})
    assert client.get("/").status_code == 200
    assert client.get("/", headers=host_of(globex)).status_code == 302
    guesser = visitor(globex, code=True)
    answers = [guesser.post("/access_code", {"access_code": f"{n}"}).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert guesser.post("/access_code", {"access_code": "the same"}).status_code == 429


@pytest.mark.parametrize(
    "target",
    ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""],
)
def test_nobody_is_led_to_another_host(acme: Provider, target: str) -> None:
    with_password(acme.developer)
    client = visitor(acme)
    assert sign_in(client, next=target)["Location"] == "/admin"
    assert client.get("/login", {"next": target})["Location"] == "/admin"
    assert client.get("/access_code", {"return_to": target})["Location"] == "/"


def test_a_developer_signs_in_by_name_or_address_and_goes_where_they_wanted(acme: Provider) -> None:
    with_password(acme.developer)
    client = visitor(acme)
    asked = client.get("/admin/applications?page=2")
    assert asked["Location"] == "/login?next=/admin/applications%3Fpage%3D2"
    assert client.get("/login").status_code == 200
    before = client.cookies.get("tollway_session")
    answer = sign_in(client, username="john@dev.example", next="/admin/applications")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/applications")
    cookie = answer.cookies["tollway_session"]
    assert (cookie["domain"], cookie["samesite"], bool(cookie["httponly"])) == ("", "Lax", True)
    assert before is None or before.value != cookie.value
    assert client.get("/admin").status_code == 200
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/"
    assert client.get("/admin").status_code == 302


def test_a_session_that_somebody_planted_is_not_kept(acme: Provider) -> None:
    with_password(acme.developer)
    client = visitor(acme)
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key or ""
    client.cookies["tollway_session"] = planted
    sign_in(client)
    assert client.cookies["tollway_session"].value != planted
    assert "planted" not in client.session


def test_what_is_wrong_is_the_same_for_names_that_nobody_has(acme: Provider) -> None:
    with_password(acme.developer)
    client = visitor(acme)
    wrong = [sign_in(client, name, "wrong") for name in ("john", "nobody", "admin")]
    assert [answer.status_code for answer in wrong] == [422] * 3
    assert all(WRONG in text(answer) for answer in wrong)
    assert 'value="nobody"' in wrong[1].content.decode()
    empty = sign_in(client, "", "")
    assert empty.status_code == 422
    assert "Enter your password." in text(empty)


def test_an_admin_is_no_developer_and_a_developer_no_admin(acme: Provider) -> None:
    client = developer(acme)
    assert sign_in(visitor(acme), "admin").status_code == 422
    at_admin = {"host": "acme-admin.localhost:3000"}
    assert client.get("/p/admin/dashboard", headers=at_admin).status_code == 302
    admin = Client(headers=at_admin)
    assert admin.post("/p/login", {"username": "john", "password": PASSWORD}).status_code == 422
    admin.post("/p/login", {"username": "admin", "password": PASSWORD})
    assert admin.get("/admin", headers=host_of(acme)).status_code == 302


@pytest.mark.parametrize("event", ["make_pending", "reject", "suspend"])
def test_an_account_that_is_not_approved_is_refused_in_3scales_words(
    acme: Provider, event: str
) -> None:
    client = developer(acme)
    change_account_state(acme.account, event, by=BY)
    assert client.get("/admin").status_code == 302, "its sessions have ended"
    refused = sign_in(visitor(acme))
    assert refused.status_code == 403
    assert NOT_ACTIVE == SAID
    assert SAID in text(refused)
    assert SAID not in text(sign_in(visitor(acme), password="wrong")), "said to who knows the rest"


def test_a_suspended_user_and_an_old_password_are_out_at_once(acme: Provider) -> None:
    client = developer(acme)
    update_user(acme.developer, by=BY, password="another good password")
    assert client.get("/admin").status_code == 302
    client = developer(acme)
    change_user_state(acme.developer, "suspend", by=BY)
    assert client.get("/admin").status_code == 302
    assert sign_in(visitor(acme)).status_code == 403


def test_passwords_are_not_guessed(acme: Provider) -> None:
    with_password(acme.developer)
    client = visitor(acme)
    answers = [sign_in(client, password="wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    late = sign_in(client)
    assert late.status_code == 429
    assert int(late["Retry-After"]) > 0


def test_forms_are_refused_without_the_token_against_forgery(acme: Provider) -> None:
    with_password(acme.developer)
    visitor(acme)
    client = Client(headers=host_of(acme), enforce_csrf_checks=True)
    for path in ("/login", "/access_code", "/logout", "/act_as/end"):
        assert client.post(path, {"username": "john", "password": PASSWORD}).status_code == 403


def test_a_host_that_is_nobodys_is_not_answered(acme: Provider) -> None:
    visitor(acme)
    for host in ("evil.example", "acme.localhost.evil.example", "acme.evil.localhost"):
        assert Client(headers={"host": host}).get("/login").status_code in {400, 404}


def test_pages_name_the_organisation_and_carry_the_policy(acme: Provider) -> None:
    home = visitor(acme).get("/")
    assert "Acme" in text(home)
    assert "script-src 'self'" in home["Content-Security-Policy"]
    assert "style=" not in home.content.decode()
