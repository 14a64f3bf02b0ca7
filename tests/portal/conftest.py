"""Fixtures of the portal's tests: the operator, Acme, and Globex, the stranger."""

from __future__ import annotations

import pytest

import servers
from portal.people import Provider
from portal.recalling import recalled
from tollway.portal.tenants.models import Tenant


@pytest.fixture
def master(db: None) -> Tenant:
    made: Tenant = recalled("master")
    return made


@pytest.fixture
def acme(master: Tenant) -> Provider:
    made: Provider = recalled("acme")
    return made


@pytest.fixture
def globex(master: Tenant) -> Provider:
    made: Provider = recalled("globex")
    return made


@pytest.fixture
def valkey_url(valkey_url: str) -> str:
    """Return the store of this process, empty: tenants have the same ids in every test."""
    servers.client_of(valkey_url).flushall()
    return valkey_url
