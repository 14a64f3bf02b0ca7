"""The mailbox: who reads what, and how a message is kept from doing anything."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings

from portal.mail.letters_sent import URL, put
from portal.people import BY, PASSWORD, Provider
from tollway.config import Smtp
from tollway.portal.accounts.services import change_role, change_user_state, create_user
from tollway.portal.console import mailbox
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import To
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import Side, Site

pytestmark = pytest.mark.django_db

ACME, GLOBEX, MASTER = "acme-admin.localhost", "globex-admin.localhost", "master.localhost"
SMTP = Smtp("mail.example", 25, "none")


def set_to(**changes: Any) -> override_settings:
    return override_settings(TOLLWAY=msgspec.structs.replace(settings.TOLLWAY, **changes))


def visitor(host: str = ACME) -> Client:
    return Client(headers={"host": host})


def admin(host: str = ACME, username: str = "admin") -> Client:
    client = visitor(host)
    answer = client.post("/p/login", {"username": username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def pages(mail: Mail, box: str = "/mailbox") -> list[str]:
    return [f"{box}/{mail.pk}", f"{box}/{mail.pk}?form=text", f"{box}/{mail.pk}/html"]


def test_an_admin_reads_the_mail_of_the_tenant(acme: Provider) -> None:
    mail = put(acme.tenant)
    client = admin()
    assert mail.subject in client.get("/mailbox").content.decode()
    page, text, html = (client.get(path) for path in pages(mail))
    assert f'src="/mailbox/{mail.pk}/html"' in page.content.decode()
    assert f'href="{URL}"' in text.content.decode()
    assert f'href="{URL}"' in html.content.decode()


def test_it_is_in_the_frame_of_the_portal_and_in_the_account_menu(acme: Provider) -> None:
    mail = put(acme.tenant)
    client = admin()
    for path in ("/mailbox", pages(mail)[0]):
        page = client.get(path).content.decode()
        assert "admin: your account" in page
        assert 'href="/mailbox"' in page
    with set_to(mailbox=False):
        assert 'href="/mailbox"' not in client.get("/p/admin/dashboard").content.decode()


def test_a_message_can_do_nothing_but_be_read(acme: Provider) -> None:
    mail = put(acme.tenant)
    client = admin()
    page, _, html = (client.get(path) for path in pages(mail))
    policy = html["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert re.search(r"sandbox allow-popups allow-popups-to-escape-sandbox$", policy)
    assert "frame-ancestors 'self'" in policy
    assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content.decode()


def test_others_read_nothing(acme: Provider, globex: Provider) -> None:
    mail = put(acme.tenant)
    for path in ("/mailbox", *pages(mail)):
        assert visitor().get(path)["Location"].startswith("/p/login?next=")
        assert visitor("acme.localhost").get(path).status_code == 404
    stranger = admin(GLOBEX)
    assert mail.subject not in stranger.get("/mailbox").content.decode()
    for path in (*pages(mail), *pages(mail, "/mailbox/yours")):
        assert stranger.get(path).status_code == 404


def test_a_member_is_not_let_in(acme: Provider) -> None:
    """Links in there open other people's accounts."""
    member = create_user(
        acme.tenant, by=BY, username="member", email="m@acme.example", password=PASSWORD
    )
    change_user_state(member, "activate", by=BY)
    mail = put(acme.tenant)
    client = admin(username="member")
    for path in ("/mailbox", *pages(mail)):
        assert client.get(path).status_code == 403
    change_role(member, "admin", by=BY)
    assert client.get("/mailbox").status_code == 200


def test_the_operator_reads_what_goes_to_admins(master: Tenant, acme: Provider) -> None:
    to_admin = put(acme.tenant, "1", To("admin@acme.example", Audience.ADMIN))
    to_ann = put(acme.tenant, "2")
    operator = admin(MASTER, "master")
    assert operator.get(pages(to_admin)[0]).status_code == 200
    assert operator.get(pages(to_ann)[0]).status_code == 404


def test_there_is_none_where_it_is_switched_off(acme: Provider) -> None:
    mail = put(acme.tenant)
    client = admin()
    with set_to(mailbox=False):
        for path in ("/mailbox", *pages(mail), "/mailbox/yours"):
            assert client.get(path).status_code == 404


def test_what_is_not_kept_is_said_to_be_gone(acme: Provider) -> None:
    mail = put(acme.tenant)
    Mail.objects.update(content_sealed=b"", state="failed", reason="550 no such user")
    client = admin()
    page, _, html = (client.get(path) for path in pages(mail))
    assert "not kept any more" in page.content.decode()
    assert "550 no such user" in page.content.decode()
    assert html.status_code == 404


def test_a_long_list_has_pages_and_few_queries(
    acme: Provider, django_assert_max_num_queries: Any
) -> None:
    for number in range(mailbox.PER_PAGE + 1):
        put(acme.tenant, f"{number}")
    client = admin()
    with django_assert_max_num_queries(6):
        first = client.get("/mailbox").content.decode()
    assert first.count("ann@dev.example") == mailbox.PER_PAGE
    assert 'href="?page=2"' in first
    assert client.get("/mailbox?page=2").content.decode().count("ann@dev.example") == 1
    assert "Page 2 of 2" in client.get("/mailbox?page=99").content.decode()


def test_an_empty_mailbox_says_what_comes_there(acme: Provider) -> None:
    assert "Nothing has been written yet" in admin().get("/mailbox").content.decode()


def remembering(client: Client, tenant: Tenant, mail: Mail, side: Side = Side.ADMIN) -> None:
    """Do what a sign-up page does, in this browser's session."""
    request = RequestFactory().post("/p/signup")
    request.tollway = Site(tenant, side, "x", "r")  # type: ignore[attr-defined]
    request.session = client.session
    mailbox.remember(request, mail)
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)


def test_who_signs_up_reads_that_mail_in_that_browser_only(
    master: Tenant, acme: Provider, globex: Provider
) -> None:
    mail, other = put(acme.tenant, "1"), put(acme.tenant, "2")
    mine, another = visitor(MASTER), visitor(MASTER)
    remembering(mine, master, mail, Side.MASTER)
    listed = mine.get("/mailbox/yours").content.decode()
    assert f"/mailbox/yours/{mail.pk}" in listed
    assert listed.count(mail.subject) == 1
    for path in pages(mail, "/mailbox/yours"):
        assert mine.get(path).status_code == 200
        assert another.get(path).status_code == 404
    for path in pages(other, "/mailbox/yours"):
        assert mine.get(path).status_code == 404
    assert mine.get("/mailbox")["Location"].startswith("/p/login")
    carried_over = visitor(GLOBEX)
    carried_over.cookies = mine.cookies
    assert carried_over.get(pages(mail, "/mailbox/yours")[0]).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"mailbox": False},
        {"smtp": SMTP},
        {"bind": "0.0.0.0"},  # noqa: S104
        {"trusted_proxies": ("127.0.0.1",)},
        {"domain": "api.example.com"},
    ],
)
def test_a_visitor_reads_nothing_where_others_may_come_by(
    master: Tenant, acme: Provider, changes: dict[str, Any]
) -> None:
    assert mailbox.open_to_visitors(settings.TOLLWAY)
    mail = put(acme.tenant)
    client = visitor(MASTER)
    remembering(client, master, mail, Side.MASTER)
    with set_to(**changes):
        assert not mailbox.open_to_visitors(settings.TOLLWAY)
        assert client.get("/mailbox/yours").status_code == 404
        assert client.get(pages(mail, "/mailbox/yours")[2]).status_code == 404
