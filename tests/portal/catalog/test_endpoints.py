"""Addresses: what a private base URL may be, and the hosts that products are served under."""

from __future__ import annotations

import pytest

from portal.people import BY, Provider
from tollway.portal.catalog import endpoints
from tollway.portal.plans.services import create_product


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://echo-api.3scale.net", "https://echo-api.3scale.net:443"),
        ("http://api.example", "http://api.example:80"),
        ("ws://api.example/socket", "ws://api.example:80/socket"),
        ("wss://api.example", "wss://api.example:443"),
        ("http://echo.localhost:3002", "http://echo.localhost:3002"),
        ("HTTPS://API.Example/Base/", "https://api.example:443/Base/"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("http://[2001:db8::1]:81/x", "http://[2001:db8::1]:81/x"),
        ("http://my_service:8080", "http://my_service:8080"),
    ],
)
def test_a_private_base_url_gets_its_port(given: str, kept: str) -> None:
    assert endpoints.private_base_url(given) == kept
    assert endpoints.private_base_url(kept) == kept


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "can't be blank"),
        ("api.example", "must start with http://, https://, ws://, wss://"),
        ("ftp://api.example", "must start with"),
        ("http://localhost", "can't be localhost"),
        ("https://LOCALHOST:3000/x", "can't be localhost"),
        ("http://127.0.0.1", "can't be localhost"),
        ("http://127.1", "can't be localhost"),
        ("http://[::1]:80", "can't be localhost"),
        ("http://api.example?x=1", "must not have a query"),
        ("http://api.example/#top", "must not have a query"),
        ("http://me:secret@api.example", "must not have a user name"),
        ("http://", "is invalid"),
        ("http://a b", "is invalid"),
        ("http://api.example:0", "is invalid"),
        ("http://api.example:99999", "is invalid"),
        ("http://api.example:x", "is invalid"),
        ("http://-x.example", "is invalid"),
        ("http://api.example/ü", "is invalid"),
        ("http://[::1", "is invalid"),
    ],
)
def test_a_private_base_url_is_refused(given: str, message: str) -> None:
    with pytest.raises(endpoints.AddressError) as refused:
        endpoints.private_base_url(given)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("system_name", "used", "label"),
    [
        ("api", set(), "api"),
        ("My_API", set(), "my-api"),
        ("my-api", {"my-api"}, "my-api-2"),
        ("_", set(), "product"),
        ("x" * 255, set(), "x" * 52),
    ],
)
def test_a_host_label_is_what_a_host_name_can_hold(
    system_name: str, used: set[str], label: str
) -> None:
    assert endpoints.host_label(system_name, 42, used) == label


def test_system_names_that_look_alike_have_hosts_of_their_own(
    acme: Provider, globex: Provider
) -> None:
    products = [
        create_product(tenant, by=BY, name=name, system_name=name)
        for tenant in (acme.tenant, globex.tenant)
        for name in ("a_b", "a-b", "A-B")
    ]
    hosts = [endpoints.production_endpoint(product.proxy) for product in products]
    assert len(set(hosts)) == 6
    assert hosts[0] == f"http://a-b-{acme.tenant.pk}.gateway.localhost:8081"
    staging = endpoints.staging_endpoint(products[0].proxy)
    assert staging == f"http://a-b-{acme.tenant.pk}.staging.gateway.localhost:8080"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("http://x-2.gateway.localhost:8081", "is reserved"),
        ("http://gateway.localhost", "is reserved"),
        ("http://api.example/base", "must not have a path"),
        ("wss://api.example", "must start with"),
    ],
)
def test_a_public_address_of_ones_own_is_refused(given: str, message: str) -> None:
    with pytest.raises(endpoints.AddressError, match=message):
        endpoints.public_base_url(given)


def test_a_public_address_of_ones_own_gets_its_port() -> None:
    assert endpoints.public_base_url("https://api.example/") == "https://api.example:443"
