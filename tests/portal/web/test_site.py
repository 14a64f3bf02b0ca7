"""Which tenant and side a host names, and what every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.people import BY, Provider
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.tenants.hosts import admin_host, developer_host
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
