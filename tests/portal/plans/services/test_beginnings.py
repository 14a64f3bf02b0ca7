"""Products and tenants begin with the plans that sign-up needs, each in one event."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.services import update_tenant
from tollway.portal.events.selectors import events_of
from tollway.portal.fields import NoRoomError
from tollway.portal.plans import selectors
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.services import set_default_plan
from tollway.portal.plans.services.beginnings import create_product, create_tenant
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import tenant_by_subdomain


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


def test_without_a_plan_for_it_the_operator_makes_no_tenant(master: Tenant) -> None:
    set_default_plan(master, None, by=BY, kind=AccountPlan)
    with pytest.raises(ValidationError) as failed:
        create_tenant(master, by=BY, org_name="New", username="admin", password=PASSWORD)
    assert failed.value.message_dict == {"base": ["Provider signup not enabled."]}
    assert tenant_by_subdomain("new") is None


def test_a_tenant_has_as_many_products_as_the_operator_allows(acme: Provider) -> None:
    update_tenant(acme.tenant, by=BY, max_services=2)
    create_product(acme.tenant, by=BY, name="Second")
    with pytest.raises(NoRoomError) as failed:
        create_product(acme.tenant, by=BY, name="Third")
    assert failed.value.message_dict == {"base": ["The limit of 2 products is reached"]}
    update_tenant(acme.tenant, by=BY, max_services=None)
    create_product(acme.tenant, by=BY, name="Third")
