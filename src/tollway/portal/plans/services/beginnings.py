"""Products and tenants as they begin: with the default plans that sign-up needs."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import NewTenant, make_tenant
from tollway.portal.accounts.services import described as described_tenant
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import described as described_product
from tollway.portal.catalog.services import make_product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, refuse
from tollway.portal.plans import selectors
from tollway.portal.plans.models import AccountPlan, ServicePlan
from tollway.portal.plans.services.contracts import make_account_contract
from tollway.portal.plans.services.plans import P, make_plan
from tollway.portal.tenants.models import Tenant

_DEFAULT = "Default"


@transaction.atomic
def create_product(tenant: Tenant, *, by: Actor, **fields: Any) -> Product:  # noqa: ANN401
    """Make a product (``catalog.services.make_product``) with its default service plan."""
    product = make_product(tenant, fields)
    _make_default(ServicePlan, product)
    after = described_product(product)
    events.append(tenant, "product.created", product.pk, by=by, after=after)
    return product


@transaction.atomic
def create_tenant(
    master: Tenant | None,
    *,
    by: Actor,
    admin_state: str = User.State.ACTIVE,
    **fields: Any,  # noqa: ANN401
) -> NewTenant:
    """Make a tenant (``accounts.services.make_tenant``) with its default account plan.

    The account by which ``master`` knows it is on the master's default plan, which must be there.
    """
    made = make_tenant(master, fields, admin_state=admin_state)
    tenant = made.tenant
    _make_default(AccountPlan, tenant)
    if master is not None:
        plan = selectors.default_account_plan_of(master)
        if plan is None:
            raise refuse(BASE, "Provider signup not enabled.")
        make_account_contract(tenant.master_account, plan)
    events.append(tenant, "tenant.created", tenant.pk, by=by, after=described_tenant(tenant))
    return made


def _make_default(kind: type[P], owner: Tenant | Product) -> P:
    plan = make_plan(kind, owner, {"name": _DEFAULT}, published=True)
    plan.is_default = True
    plan.save(update_fields=["is_default"])
    return plan
