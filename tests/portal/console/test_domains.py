"""Domains of one's own: entered, proved by records that the page shows, used, and given up."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from django.conf import settings
from django.test import Client, override_settings

from nameserver import NameServer
from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import Provider
from tollway.portal.accounts.models import User
from tollway.portal.console.domains import DomainsForm
from tollway.portal.storefront.domains import proof_of
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PATH, SAVE, CHECK = "/site/dns", "/site/dns/domains", "/site/dns/check"
HOST = "portal.acme.example"
WANTED, WANTED_ADMIN = "wanted_developer_domain", "wanted_admin_domain"


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer()
    given = msgspec.structs.replace(settings.TOLLWAY, nameservers=(server.address,))
    with override_settings(TOLLWAY=given):
        yield server
    server.close()


def now(provider: Provider) -> Tenant:
    return Tenant.objects.get(pk=provider.tenant.pk)


def save(client: Client, developer: str = HOST, of_admins: str = "") -> int:
    return client.post(SAVE, {WANTED: developer, WANTED_ADMIN: of_admins}).status_code


def put(server: NameServer, provider: Provider, host: str = HOST) -> None:
    server.records[f"_tollway.{host}", "TXT"] = (f'"{proof_of(provider.tenant, host)}"',)
    server.records[host, "A"] = ("127.0.0.1",)


def test_a_domain_goes_from_wanted_to_used_as_the_records_appear(
    acme: Provider, server: NameServer
) -> None:
    client = admin(acme)
    assert save(client, f" {HOST.upper()}. ") == 302
    page = text(client.get(PATH))
    proof = proof_of(acme.tenant, HOST)
    for part in (f"_tollway.{HOST}", proof, "CNAME", "acme.localhost", "Not checked yet"):
        assert part in page
    missing = client.post(CHECK, {"audience": "developer"})
    assert missing.status_code == 422
    assert "The TXT record is not there yet" in text(missing)
    assert text(missing).count("Not there") == 2

    server.records[f"_tollway.{HOST}", "TXT"] = (f'"{proof[:-1]}"',)
    wrong = text(client.post(CHECK, {"audience": "developer"}))
    assert ("Another value" in wrong, proof[:-1] in wrong) == (True, True)

    put(server, acme)
    server.records[HOST, "A"] = ("192.0.2.1",)
    elsewhere = text(client.post(CHECK, {"audience": "developer"}))
    assert "The domain is yours, and leads elsewhere" in elsewhere
    assert "192.0.2.1" in elsewhere
    assert now(acme).developer_domain == ""

    put(server, acme)
    assert client.post(CHECK, {"audience": "developer"}).status_code == 302
    assert f"{HOST} is in use" in toasts(client)
    assert now(acme).developer_domain == HOST
    assert f"http://{HOST}" in text(client.get(PATH))
    assert client.post(CHECK, {"audience": "developer"}).status_code == 302, "nothing waits"
    assert save(client, "") == 302
    assert now(acme).developer_domain == ""
    assert f"{HOST} given up. To have it back, enter it and have the DNS checked." in toasts(client)


def test_a_domain_behind_a_proxy_of_one_s_own_is_used_by_decision(
    acme: Provider, server: NameServer
) -> None:
    client = admin(acme)
    save(client, "", HOST)
    put(server, acme)
    server.records[HOST, "A"] = ("192.0.2.1",)
    assert "use it" in text(client.post(CHECK, {"audience": "admin"}))
    used = client.post(CHECK, {"audience": "admin", "anyway": "1"})
    assert (used.status_code, now(acme).admin_domain) == (302, HOST)


def test_a_stranger_cannot_take_a_domain(
    acme: Provider, globex: Provider, server: NameServer
) -> None:
    put(server, acme)
    thief, owner = admin(globex), admin(acme)
    assert save(thief) == 302
    for anyway in ("", "1"):
        given = {"audience": "developer", "anyway": anyway}
        assert "The TXT record is not there yet" in text(thief.post(CHECK, given)) or anyway
        assert now(globex).developer_domain == ""
    save(owner)
    assert owner.post(CHECK, {"audience": "developer"}).status_code == 302
    assert now(acme).developer_domain == HOST
    thief.post(CHECK, {"audience": "developer", "anyway": "1"})
    assert (now(globex).developer_domain, now(acme).developer_domain) == ("", HOST)


REFUSED = [
    ("https://portal.acme.example/", "Enter the name only"),
    ("portal.acme.example:8080", "Enter the name only"),
    ("pörtal.acme.example", "xn--"),
    ("globex.localhost", "Is reserved"),
    ("globex-admin.localhost", "Is reserved"),
    ("localhost", "Must be a name like portal.example.com"),
    ("10.0.0.1", "Must be a name like portal.example.com"),
]


@pytest.mark.parametrize(("host", "said"), REFUSED)
def test_what_cannot_be_a_domain_is_said_at_its_field(acme: Provider, host: str, said: str) -> None:
    response = admin(acme).post(SAVE, {WANTED: host, WANTED_ADMIN: ""})
    assert response.status_code == 422
    assert said in text(response)
    assert seen(response, WANTED) == host.lower() or seen(response, WANTED) == host
    assert now(acme).wanted_developer_domain == ""


def test_one_host_is_not_for_both_portals_and_may_change_sides(acme: Provider) -> None:
    client = admin(acme)
    assert save(client, HOST, HOST) == 422
    assert save(client, HOST, "") == 302
    assert save(client, "", HOST) == 302
    assert (now(acme).wanted_developer_domain, now(acme).wanted_admin_domain) == ("", HOST)


def test_name_servers_that_do_not_answer_change_nothing(acme: Provider) -> None:
    closed = NameServer()
    closed.close()
    given = msgspec.structs.replace(settings.TOLLWAY, nameservers=(closed.address,))
    client = admin(acme)
    save(client)
    with override_settings(TOLLWAY=given):
        response = client.post(CHECK, {"audience": "developer"})
    assert (response.status_code, "The name servers do not answer" in text(response)) == (422, True)
    assert now(acme).wanted_developer_domain == HOST


def test_a_plan_without_domains_shows_them_disabled_and_whom_to_ask(acme: Provider) -> None:
    client = admin(acme)
    Tenant.objects.filter(is_master=True).update(support_email="sales@tollway.example")
    Tenant.objects.filter(pk=acme.tenant.pk).update(domains_allowed=False)
    page = client.get(PATH)
    assert "Domains of your own are not part of your plan" in text(page)
    assert "sales@tollway.example" in text(page)
    assert page.content.decode().count(" disabled") == 3
    assert save(client) == 302
    assert now(acme).wanted_developer_domain == "", "what is disabled is not taken"
    Tenant.objects.filter(pk=acme.tenant.pk).update(developer_domain=HOST)
    assert save(client, "new.acme.example") == 422
    assert save(client, "") == 302
    assert now(acme).developer_domain == ""


def test_the_host_that_one_is_at_is_not_given_up(acme: Provider, server: NameServer) -> None:
    Tenant.objects.filter(pk=acme.tenant.pk).update(admin_domain=HOST)
    client, there, other = admin(acme), {"host": HOST}, "admin.acme.example"
    refused = client.post(SAVE, {WANTED: "", WANTED_ADMIN: ""}, headers=there)
    assert (refused.status_code, now(acme).admin_domain) == (422, HOST)
    assert "Is the address of this page. Sign in at acme-admin.localhost" in text(refused)
    assert save(client, "", other) == 302
    put(server, acme, other)
    kept = client.post(CHECK, {"audience": "admin"}, headers=there)
    assert (kept.status_code, now(acme).admin_domain) == (422, HOST)
    assert f"{other} would take the address of this page away" in text(kept)
    assert client.post(CHECK, {"audience": "admin"}).status_code == 302
    assert now(acme).admin_domain == other
    assert save(client, "", "") == 302
    assert now(acme).admin_domain == ""


def test_two_editors_of_the_domains_see_each_other(acme: Provider) -> None:
    client = admin(acme)
    before = seen(client.get(PATH))
    save(client, "theirs.acme.example")
    mine = {WANTED: HOST, WANTED_ADMIN: "", "seen": before}
    clash = client.post(SAVE, mine)
    assert (clash.status_code, "theirs.acme.example" in text(clash)) == (409, True)
    assert now(acme).wanted_developer_domain == "theirs.acme.example"


def test_it_takes_the_permission_and_a_portal_that_there_is(
    acme: Provider, server: NameServer
) -> None:
    stranger = member(acme, User.Section.PLANS)
    for path in (SAVE, CHECK):
        assert stranger.post(path, {"audience": "developer"}).status_code == 403
        assert admin(acme).get(path).status_code == 405
    assert admin(acme).post(CHECK, {"audience": "nobody"}).status_code == 404
    operator = Client(headers={"host": "master.localhost:3000"})
    assert operator.post(SAVE, {WANTED: HOST}).status_code in {302, 404}
    assert DomainsForm({WANTED: "", WANTED_ADMIN: ""}).is_valid()
