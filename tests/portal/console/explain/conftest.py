from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

import servers
from portal.console.explain.book import at_store
from portal.console.visiting import admin
from portal.people import Provider


@pytest.fixture
def store_url(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty store that the portal reads from."""
    with servers.client_of(valkey_url) as client:
        client.flushall()
    monkeypatch.setattr(settings, "TOLLWAY", at_store(valkey_url))
    return valkey_url


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)
