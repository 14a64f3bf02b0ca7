"""Products and tenants begin with the plans that sign-up needs, each in one event."""

from __future__ import annotations

from portal.people import BY, PASSWORD, Provider
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors
from tollway.portal.plans.services.beginnings import create_product, create_tenant
from tollway.portal.tenants.models import Tenant


def test_a_product_begins_with_a_published_default_service_plan(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    product = create_product(acme.tenant, by=BY, name="Pets")
    plan = product.service_plans.get()
    assert (plan.name, plan.state, plan.is_default) == ("Default", "published", True)
    assert list(selectors.service_plans_of(acme.tenant, product)) == [plan]
    assert events_of(acme.tenant).count() == before + 1
    event = events_of(acme.tenant).last()
    assert event
    assert event.kind == "product.created"


def test_a_tenant_begins_with_a_default_account_plan(master: Tenant) -> None:
    tenant = create_tenant(
        master, by=BY, org_name="New", username="admin", email="a@new.example", password=PASSWORD
    ).tenant
    plan = selectors.account_plans_of(tenant).get()
    assert (plan.name, plan.state, plan.is_default) == ("Default", "published", True)
    assert [event.kind for event in events_of(tenant)] == ["tenant.created"]
    contract = selectors.contract_of(master, tenant.master_account)
    assert contract
    assert contract.plan == selectors.default_account_plan_of(master)
