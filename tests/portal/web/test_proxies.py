"""Forwarded headers count from trusted proxies only."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from portal.people import Provider
from tollway.portal.web.proxies import TrustedProxies, client, networks, trusts

FORWARDED = {
    "x-forwarded-for": "198.51.100.9, 203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "acme-admin.localhost",
}


def seen(trusted: tuple[str, ...], address: str, **headers: str) -> HttpRequest:
    """Return the request as the middlewares behind it see it."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    with override_settings(
        TOLLWAY=msgspec.structs.replace(settings.TOLLWAY, trusted_proxies=trusted)
    ):
        middleware = TrustedProxies(view)
    request = RequestFactory().get("/", headers={**FORWARDED, **headers}, REMOTE_ADDR=address)
    middleware(request)
    return seen[0]


def test_a_trusted_proxy_says_who_asks_and_how() -> None:
    request = seen(("10.0.0.0/8",), "10.1.2.3")
    assert request.META["REMOTE_ADDR"] == "203.0.113.9"
    assert request.is_secure()
    assert request.get_host() == "acme-admin.localhost"


@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",)])
def test_anybody_elses_word_is_dropped(trusted: tuple[str, ...]) -> None:
    request = seen(trusted, "203.0.113.50")
    assert request.META["REMOTE_ADDR"] == "203.0.113.50"
    assert not request.is_secure()
    assert request.get_host() == "testserver"
    assert not [name for name in request.META if name.startswith("HTTP_X_FORWARDED")]


CHAINS = [
    ("203.0.113.9", "203.0.113.9"),
    ("198.51.100.9, 203.0.113.9", "203.0.113.9"),
    ("203.0.113.9, 10.1.1.1, 10.2.2.2", "203.0.113.9"),
    ("10.1.1.1", ""),
    ("unknown", "unknown"),
    ("", ""),
]


@pytest.mark.parametrize(("chain", "address"), CHAINS)
def test_the_client_is_the_last_that_is_not_ours(chain: str, address: str) -> None:
    assert client(networks(["10.0.0.0/8"]), chain) == address


def test_addresses_of_both_families_and_single_ones_can_be_trusted() -> None:
    trusted = networks(["::1", "192.0.2.7"])
    assert trusts(trusted, "::1")
    assert trusts(trusted, "192.0.2.7")
    assert not trusts(trusted, "192.0.2.8")
    assert not trusts(trusted, "a socket")


@pytest.mark.django_db
def test_cookies_are_secure_and_hsts_is_sent_behind_https_only(acme: Provider) -> None:
    trusting = msgspec.structs.replace(settings.TOLLWAY, trusted_proxies=("127.0.0.1",))
    headers = {"host": "acme-admin.localhost"}
    with override_settings(TOLLWAY=trusting):
        plain = Client(headers=headers).get("/p/login")
        secure = Client(headers={**headers, "x-forwarded-proto": "https"}).get("/p/login")
    assert not plain.cookies["tollway_csrf"]["secure"]
    assert "Strict-Transport-Security" not in plain
    assert secure.cookies["tollway_csrf"]["secure"]
    assert secure["Strict-Transport-Security"] == "max-age=31536000"
