"""A tenant is found by its host's name, and by nothing that a stranger could guess at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

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
    assert set(selectors.providers_of(master)) == {acme.tenant, globex.tenant}
    assert list(selectors.providers_of(acme.tenant)) == []


def test_what_is_due_is_found_at_its_moment(acme: Provider, globex: Provider) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Tenant.objects.filter(pk=acme.tenant.pk).update(
        state="scheduled_for_deletion", deletion_at=at, old_provider_key_until=at
    )
    for ask in (selectors.to_be_deleted, selectors.with_ended_keys):
        assert list(ask(at - timedelta(seconds=1))) == []
        assert list(ask(at)) == [acme.tenant]


NAMES = [
    ("Initech", "initech"),
    ("Acme", "acme-2"),
    ("Acme, Inc.", "acme-inc"),
    ("Acme-Admin", "acme-2"),
    ("Admin", "admin-2"),
    ("ÄÖ", "tenant"),
    ("x" * 80, "x" * 49),
    ("x" * 48 + " y", "x" * 48),
]


@pytest.mark.parametrize(("org_name", "subdomain"), NAMES)
def test_a_name_has_a_free_subdomain(acme: Provider, org_name: str, subdomain: str) -> None:
    found = selectors.free_subdomain(org_name)
    assert found == subdomain
    assert selectors.refusal_of_subdomain(found) == ""


def test_another_tenants_longer_name_is_no_hindrance(globex: Provider) -> None:
    assert selectors.free_subdomain("Glob") == "glob"


REFUSALS = [
    ("acme", "has already been taken"),
    ("master", "is reserved"),
    ("x-admin", "is reserved"),
    ("", "can't be blank"),
    ("Acme", "may have lower case letters, digits and, inside, hyphens only"),
    ("a\0", "may have lower case letters, digits and, inside, hyphens only"),
]


@pytest.mark.parametrize(("name", "refusal"), REFUSALS)
def test_a_subdomain_is_refused_as_the_service_refuses_it(
    acme: Provider, name: str, refusal: str
) -> None:
    assert selectors.refusal_of_subdomain(name) == refusal
