"""A tenant is found by its host's name, and by nothing that a stranger could guess at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.people import Provider
from tollway.portal.tenants import selectors
from tollway.portal.tenants.models import Tenant


def test_hosts_name_tenants(master: Tenant, acme: Provider) -> None:
    assert selectors.tenant_by_subdomain("acme") == acme.tenant
    assert selectors.tenant_by_subdomain("initech") is None
    assert selectors.master() == master


def test_a_provider_key_opens_its_own_tenant_only(acme: Provider, globex: Provider) -> None:
    key, now = acme.tenant.provider_key, datetime.now(UTC)
    assert selectors.has_provider_key(acme.tenant, key, now)
    assert not selectors.has_provider_key(globex.tenant, key, now)
    assert selectors.tenant_by_provider_key(key) == acme.tenant
    assert selectors.tenant_by_provider_key("another") is None


def test_only_the_operator_has_tenants(master: Tenant, acme: Provider, globex: Provider) -> None:
    assert list(selectors.providers_of(master)) == [acme.tenant, globex.tenant]
    assert list(selectors.providers_of(acme.tenant)) == []


def test_what_is_due_is_found_at_its_moment(acme: Provider, globex: Provider) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Tenant.objects.filter(pk=acme.tenant.pk).update(
        state="scheduled_for_deletion", deletion_at=at, old_provider_key_until=at
    )
    for ask in (selectors.to_be_deleted, selectors.with_ended_keys):
        assert list(ask(at - timedelta(seconds=1))) == []
        assert list(ask(at)) == [acme.tenant]
