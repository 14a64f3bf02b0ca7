from __future__ import annotations

import pytest

from authority.published import KEYRING, application_record, product
from tollway.authority import validators
from tollway.authority.cases import ProductCase
from tollway.authority.request import Authorize, Options, ProviderKey, Redirect

# Everything is wrong at once; each step mends the first thing that was named.
REASONS = [
    "oauth_not_enabled",
    "application_key_invalid",
    "redirect_url_invalid",
    "referrer_not_allowed",
    "application_not_active",
    "service_not_active",
    None,
]


@pytest.mark.parametrize("mended", range(len(REASONS)))
def test_the_first_reason_is_named(mended: int) -> None:
    service = {
        "id": "1",
        "owner": "acme",
        "mode": "oauth" if mended > 0 else "2",
        "referrers": True,
        "state": "active" if mended > 5 else "suspended",
    }
    application = {
        "id": "a",
        "keys": ["key"],
        "redirect_url": "http://r",
        "referrers": ["example.com"],
        "state": "active" if mended > 4 else "live",
    }
    ask = Authorize(
        ProviderKey("p"),
        Options(),
        counts=True,
        oauth=True,
        app_key="key" if mended > 1 else "wrong",
        redirect=Redirect("redirect_url", "http://r" if mended > 2 else "http://x"),
        referrer="example.com" if mended > 3 else "example.org",
    )
    found = validators.denied(
        ask, ProductCase(product(service)), application_record("1", application), KEYRING
    )
    assert (found.code if found else None) == REASONS[mended]
