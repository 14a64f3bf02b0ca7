"""The addresses that a name gives."""

from __future__ import annotations

import pytest

from portal.people import Provider
from tollway.portal.console.entry.sign_up_form import Addresses, addresses_of

pytestmark = pytest.mark.django_db

CASES = [
    ("", "", ""),
    ("Night Bus", "", "night-bus"),
    ("  ", "", ""),
    ("Acme", "", "acme-2"),
    ("Admin", "", "admin-2"),
    ("株式会社", "", "tenant"),
    ("Night Bus", "Bus", "bus"),
    ("", "bus", "bus"),
]


@pytest.mark.parametrize(("org_name", "subdomain", "expected"), CASES)
def test_a_name_gives_two_addresses(
    acme: Provider, org_name: str, subdomain: str, expected: str
) -> None:
    found = addresses_of(org_name, subdomain)
    assert (found.subdomain, found.refusal) == (expected, "")
    assert found.admin == (f"http://{expected}-admin.localhost:3000" if expected else "")
    assert found.developer == (f"http://{expected}.localhost:3000" if expected else "")


@pytest.mark.parametrize("subdomain", ["acme", "master", "x-admin", "a_b", "\0", "a" * 60])
def test_one_that_cannot_be_has_none(acme: Provider, subdomain: str) -> None:
    found = addresses_of("Night Bus", subdomain)
    assert found == Addresses(refusal=found.refusal)
    assert found.refusal
