"""A session holds for one user on one side of one tenant."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.people import BY, PASSWORD, Provider
from portal.web.requests import get
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.web import sessions

pytestmark = pytest.mark.django_db

DASHBOARD = "/p/admin/dashboard"


def visitor(host: str = "acme-admin.localhost") -> Client:
    return Client(headers={"host": host})


def sign_in(client: Client, username: str = "admin", password: str = PASSWORD) -> int:
    form = {"username": username, "password": password}
    status: int = client.post("/p/login", form).status_code
    return status


@pytest.fixture
def admin(acme: Provider) -> Client:
    client = visitor()
    assert sign_in(client) == 302
    assert client.get(DASHBOARD).status_code == 200
    return client


def test_a_session_is_worth_nothing_on_another_host(admin: Client, globex: Provider) -> None:
    for host in ("globex-admin.localhost", "master.localhost"):
        other = visitor(host)
        other.cookies = admin.cookies
        assert other.get(DASHBOARD).status_code == 302
    other = visitor("acme.localhost")
    other.cookies = admin.cookies
    assert other.get(DASHBOARD).status_code == 404
    assert admin.get(DASHBOARD).status_code == 200


def test_signing_in_changes_the_sessions_key(acme: Provider) -> None:
    client = visitor()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["tollway_session"] = planted = str(session.session_key)
    assert sign_in(client) == 302
    assert client.cookies["tollway_session"].value != planted
    assert "planted" not in client.session


def test_signing_out_ends_the_session_on_the_server(admin: Client) -> None:
    copy = visitor()
    copy.cookies["tollway_session"] = admin.cookies["tollway_session"].value
    assert copy.get(DASHBOARD).status_code == 200
    assert admin.post("/p/logout").status_code == 302
    assert copy.get(DASHBOARD).status_code == 302


def test_a_new_password_ends_all_sessions(admin: Client, acme: Provider) -> None:
    acme.admin.set_password("another password")
    acme.admin.save()
    assert admin.get(DASHBOARD).status_code == 302


def test_a_suspended_user_is_signed_out_and_stays_out(admin: Client, acme: Provider) -> None:
    acme.admin.state = User.State.SUSPENDED
    acme.admin.save()
    assert admin.get(DASHBOARD).status_code == 302
    assert sign_in(visitor()) == 422


def test_a_suspended_tenant_s_admins_are_signed_out(admin: Client, acme: Provider) -> None:
    change_tenant_state(acme.tenant, "suspend", by=BY)
    assert admin.get(DASHBOARD).status_code == 302
    change_tenant_state(acme.tenant, "resume", by=BY)
    assert admin.get(DASHBOARD).status_code == 200


def test_a_developer_is_nobody_in_the_admin_portal(acme: Provider) -> None:
    acme.developer.set_password(PASSWORD)
    acme.developer.save()
    assert sign_in(visitor(), "john") == 422


def test_a_session_cookie_stays_on_its_host_and_away_from_scripts(admin: Client) -> None:
    cookie = admin.cookies["tollway_session"]
    assert (cookie["domain"], cookie["samesite"], cookie["httponly"]) == ("", "Lax", True)


def test_a_session_names_its_site_and_opens_no_other(acme: Provider, globex: Provider) -> None:
    request, carried = get(acme), get(globex)
    sessions.sign_in(request, acme.admin)
    assert sessions.signed_in(request) == acme.admin
    carried.session = request.session
    assert sessions.signed_in(carried) is None
    assert sessions.developer_signed_in(request) is None
