"""Links lead to the tenant's own hosts, by the origin that the operator has set."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings

from portal.people import Provider
from tollway.portal.tenants import hosts
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("origin", "domain", "admin", "developer"),
    [
        ("http://*:3000", "localhost", "http://acme-admin.localhost:3000/x", "http://acme.localhost:3000/x"),
        ("https://*", "api.example", "https://acme-admin.api.example/x", "https://acme.api.example/x"),
    ],
)  # fmt: skip
def test_an_address_is_made_of_origin_and_host(
    acme: Provider, origin: str, domain: str, admin: str, developer: str
) -> None:
    given = msgspec.structs.replace(settings.TOLLWAY, portal_origin=origin, domain=domain)
    with override_settings(TOLLWAY=given):
        assert hosts.admin_url(acme.tenant, "/x") == admin
        assert hosts.developer_url(acme.tenant, "/x") == developer


def test_the_operators_pages_are_on_the_master_host(master: Tenant) -> None:
    assert hosts.admin_url(master, "/p/login") == "http://master.localhost:3000/p/login"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://*:3000", "http://acme.api.example:3000"),
        ("https://*", "https://acme.api.example"),
        ("https://*:443", "https://acme.api.example"),
        ("http://*:80", "http://acme.api.example"),
        ("http://*:443", "http://acme.api.example:443"),
    ],
)
def test_the_origin_of_the_developer_portal_is_written_as_browsers_write_it(
    acme: Provider, origin: str, expected: str
) -> None:
    given = msgspec.structs.replace(settings.TOLLWAY, portal_origin=origin, domain="API.example")
    with override_settings(TOLLWAY=given):
        assert hosts.developer_origin(acme.tenant) == expected
