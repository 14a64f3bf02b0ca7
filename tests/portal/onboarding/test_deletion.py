"""A tenant goes 15 days after it was scheduled to, with all it has, in SQL and in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps

from portal.people import BY, Provider
from portal.publish.homes import memory_home
from tollway.portal.accounts.services import change_tenant_state, renew_provider_key
from tollway.portal.events.selectors import events_of
from tollway.portal.onboarding.deletion import delete_due_tenants
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master


@pytest.fixture
def scheduled(acme: Provider) -> Provider:
    change_tenant_state(acme.tenant, "schedule_for_deletion", by=BY)
    return acme


def test_everything_of_a_tenant_goes_and_nothing_of_another(
    scheduled: Provider, globex: Provider
) -> None:
    home, tenant = memory_home(), scheduled.tenant
    keys = [tenant.provider_key, renew_provider_key(tenant, by=BY, overlap=timedelta(days=30))]
    change_tenant_state(tenant, "resume", by=BY)
    home.catch_up()
    assert all(map(home.provider, keys))
    change_tenant_state(tenant, "schedule_for_deletion", by=BY)
    pk, product, user_key = tenant.pk, scheduled.product.pk, scheduled.application.user_key
    assert tenant.deletion_at
    assert delete_due_tenants(tenant.deletion_at) == 1
    home.catch_up()
    for model in apps.get_models():
        if any(field.name == "tenant" for field in model._meta.fields):
            assert not model._base_manager.filter(tenant=pk).exists(), model
    assert home.product(product) is None
    assert home.by_user_key(product, user_key) is None
    assert not any(map(home.provider, keys))
    assert home.product(globex.product.pk)
    assert home.provider(globex.tenant.provider_key)
    operator = master()
    assert operator
    event = events_of(operator).last()
    assert event
    assert (event.kind, event.object_id, event.before["subdomain"]) == (
        "tenant.deleted", str(pk), "acme",
    )  # fmt: skip


def test_a_tenant_stays_until_its_time_has_come(scheduled: Provider) -> None:
    due = scheduled.tenant.deletion_at
    assert due
    assert delete_due_tenants(due - timedelta(seconds=1)) == 0
    change_tenant_state(scheduled.tenant, "resume", by=BY)
    assert delete_due_tenants(due) == 0
    assert Tenant.objects.filter(pk=scheduled.tenant.pk).exists()
