"""Which tenant and side a host names, and what every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.people import BY, Provider
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.tenants.hosts import admin_host, developer_host
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import Side, resolve

pytestmark = pytest.mark.django_db

SITES: list[tuple[str, str | None, Side | None]] = [
    ("acme-admin.localhost", "acme", Side.ADMIN),
    ("acme.localhost", "acme", Side.DEVELOPER),
    ("master.localhost", "master", Side.MASTER),
    ("master-admin.localhost", None, None),
    ("nobody.localhost", None, None),
    ("nobody-admin.localhost", None, None),
    ("-admin.localhost", None, None),
    ("acme.localhost.evil.example", None, None),
    ("acme.example", None, None),
    ("localhost", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("host", "subdomain", "side"), SITES)
def test_a_host_names_one_side_of_one_tenant(
    acme: Provider, host: str, subdomain: str | None, side: Side | None
) -> None:
    site = resolve(host, "localhost", "request")
    assert (site and site.tenant.subdomain, site and site.side) == (subdomain, side)


def test_every_tenant_has_two_hosts_and_the_operator_one(acme: Provider) -> None:
    for tenant in (acme.tenant, acme.tenant.master_account.tenant):
        site = resolve(admin_host(tenant), "localhost", "r")
        assert site
        assert (site.tenant, site.administers) == (tenant, True)
    site = resolve(developer_host(acme.tenant), "localhost", "r")
    assert site
    assert (site.tenant, site.administers) == (acme.tenant, False)


@pytest.mark.parametrize("event", ["suspend", "schedule_for_deletion"])
def test_the_portal_of_a_suspended_tenant_is_closed_until_it_is_resumed(
    acme: Provider, event: str
) -> None:
    client = Client(headers={"host": "acme.localhost:3000"})
    change_tenant_state(acme.tenant, event, by=BY)
    for path in ("/", "/docs", "/admin/api/services.json"):
        response = client.get(path)
        assert response.status_code == 403
        assert "This portal is closed" in response.content.decode()
    change_tenant_state(acme.tenant, "resume", by=BY)
    assert client.get("/")["Location"] == "/access_code?return_to=/"


def test_hosts_may_lie_below_any_domain(acme: Provider) -> None:
    assert resolve("acme-admin.apis.example.com", "apis.example.com", "r")
    assert resolve("acme-admin.localhost", "apis.example.com", "r") is None


@pytest.mark.parametrize("path", ["/", "/p/login", "/admin/api/services.json", "/nothing"])
def test_an_unknown_host_is_404_whatever_is_asked(acme: Provider, path: str) -> None:
    response = Client(headers={"host": "nobody.localhost:3000"}).get(path)
    assert response.status_code == 404
    assert "No portal lives at nobody.localhost" in response.content.decode()
    assert response["X-Request-Id"]


@pytest.mark.parametrize("host", ["acme-admin.localhost:evil", "acme-admin.localhost/x", "a b"])
def test_a_host_that_is_none_is_400(acme: Provider, host: str) -> None:
    client = Client(headers={"host": host}, raise_request_exception=False)
    assert client.get("/p/login").status_code == 400


def test_the_case_of_a_host_and_its_port_do_not_matter(acme: Provider) -> None:
    assert Client(headers={"host": "ACME-Admin.localhost:99"}).get("/p/login").status_code == 200


# --- hosts of a tenant's own --------------------------------------------------------------------

OWN, OWN_ADMIN, WANTED = "portal.acme.example", "admin.acme.example", "wanted.acme.example"


@pytest.fixture
def moved(acme: Provider) -> Provider:
    """Acme uses a host of its own for each portal, and waits for another."""
    Tenant.objects.filter(pk=acme.tenant.pk).update(
        developer_domain=OWN,
        admin_domain=OWN_ADMIN,
        wanted_developer_domain=WANTED,
        site_access_code="",
    )
    return acme


def visitor(host: str) -> Client:
    return Client(headers={"host": host}, raise_request_exception=False)


OWN_HOSTS: list[tuple[str, Side | None]] = [
    (OWN, Side.DEVELOPER),
    (OWN_ADMIN, Side.ADMIN),
    ("acme.localhost", Side.DEVELOPER),
    ("acme-admin.localhost", Side.ADMIN),
    (WANTED, None),
    ("acme.example", None),
    (f"x.{OWN}", None),
    (f"{OWN}.evil.example", None),
    ("evil.example", None),
]


@pytest.mark.parametrize(("host", "side"), OWN_HOSTS)
def test_hosts_of_a_tenant_s_own_name_its_sides(
    moved: Provider, globex: Provider, host: str, side: Side | None
) -> None:
    site = resolve(host, "localhost", "r")
    assert (site and site.side) == side
    assert site is None or site.tenant == moved.tenant


def test_the_first_host_of_the_developer_portal_leads_over(moved: Provider) -> None:
    came = visitor("acme.localhost:3000").get("/plans?a=1&b=/x")
    assert (came.status_code, came["Location"]) == (302, f"http://{OWN}:3000/plans?a=1&b=/x")
    assert visitor("acme.localhost").get("//evil.example/")["Location"].startswith(f"http://{OWN}/")
    assert visitor(f"{OWN}:3000").get("/").status_code == 200
    assert visitor("acme.localhost").post("/login", {}).status_code != 302


def test_the_first_host_of_the_admin_portal_goes_on(moved: Provider) -> None:
    key = moved.tenant.provider_key
    for host in ("acme-admin.localhost", OWN_ADMIN):
        assert visitor(host).get("/p/login").status_code == 200
        answer = visitor(host).get(f"/admin/api/provider.json?provider_key={key}").json()["account"]
        assert (answer["domain"], answer["admin_domain"]) == (OWN, OWN_ADMIN)
        assert answer["admin_base_url"] == f"http://{OWN_ADMIN}"


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "Forwarded"])
def test_only_the_host_itself_counts(moved: Provider, name: str) -> None:
    value = f"host={OWN}" if name == "Forwarded" else OWN
    assert Client(headers={"host": "evil.example", name: value}).get("/").status_code == 404
    answer = Client(headers={"host": OWN, name: "evil.example"}).get("/signup")
    assert "evil.example" not in answer.content.decode() + str(answer.headers)


def test_a_form_of_another_host_is_refused_and_cookies_are_the_host_s_own(moved: Provider) -> None:
    client = Client(headers={"host": OWN}, enforce_csrf_checks=True)
    client.get("/login")
    assert all(not cookie["domain"] for cookie in client.cookies.values())
    token = client.cookies["tollway_csrf"].value
    given = {"csrfmiddlewaretoken": token, "username": "x", "password": "y"}
    origins = {f"http://{OWN}": {200, 422}, "http://acme.localhost": {403}, "null": {403}}
    for origin, expected in origins.items():
        assert client.post("/login", given, HTTP_ORIGIN=origin).status_code in expected, origin
