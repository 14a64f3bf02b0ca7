"""Fixtures of the portal's tests: the operator, Acme, and Globex, the stranger."""

from __future__ import annotations

import pytest

from portal.people import Provider, make_master, make_provider
from tollway.portal.tenants.models import Tenant


@pytest.fixture
def master(db: None) -> Tenant:
    return make_master()


@pytest.fixture
def acme(master: Tenant) -> Provider:
    return make_provider(master, "acme")


@pytest.fixture
def globex(master: Tenant) -> Provider:
    return make_provider(master, "globex")
