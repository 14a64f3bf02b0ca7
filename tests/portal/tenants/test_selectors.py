"""A tenant is found by its host's name, and by nothing that a stranger could guess at."""

from __future__ import annotations

from portal.people import Provider
from tollway.portal.tenants import selectors
from tollway.portal.tenants.models import Tenant


def test_hosts_name_tenants(master: Tenant, acme: Provider) -> None:
    assert selectors.tenant_by_subdomain("acme") == acme.tenant
    assert selectors.tenant_by_subdomain("initech") is None
    assert selectors.master() == master


def test_a_provider_key_opens_its_own_tenant_only(acme: Provider, globex: Provider) -> None:
    assert selectors.has_provider_key(acme.tenant, acme.tenant.provider_key)
    assert not selectors.has_provider_key(globex.tenant, acme.tenant.provider_key)
