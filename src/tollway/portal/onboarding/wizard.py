"""The steps of the wizard: each changes what it is about, and keeps where the tenant is.

Going back and sending a step again changes what it made, and makes nothing twice.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.accounts import selectors as accounts
from tollway.portal.applications.services.applications import make_application
from tollway.portal.applications.services.log import identity
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog import services
from tollway.portal.catalog.endpoints import AddressError, private_base_url
from tollway.portal.catalog.models import Backend, Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock, refuse
from tollway.portal.onboarding import selectors
from tollway.portal.onboarding.models import Wizard
from tollway.portal.plans.services import (
    create_application_plan,
    create_product,
    set_default_plan,
)
from tollway.portal.tenants.models import Tenant

PLAN = "Basic"
APPLICATION = "Test calls"


@transaction.atomic
def add_backend(tenant: Tenant, *, by: Actor, name: str, private_endpoint: str) -> Wizard:
    """Choose the backend at this address: one that is there already, else a new one.

    The wizard's own, while no product uses it, is given the address instead.
    """
    wizard = _locked(tenant)
    try:
        address = private_base_url(private_endpoint.strip())
    except AddressError as error:
        raise refuse("private_endpoint", str(error)) from error
    known = catalog.backends_of(tenant).filter(private_endpoint=address).first()
    if known is None and wizard.backend is not None and not wizard.backend.usages.exists():
        services.update_backend(wizard.backend, by=by, name=name, private_endpoint=address)
        known = wizard.backend
    wizard.backend = known or services.create_backend(
        tenant, by=by, name=name, private_endpoint=address
    )
    return _save(wizard, Wizard.State.STARTED, by)


@transaction.atomic
def choose_product(product: Product, *, by: Actor) -> Wizard:
    """Take a product that is there already."""
    wizard = _locked(product.tenant)
    wizard.product = product
    return _save(wizard, Wizard.State.STARTED, by)


@transaction.atomic
def design_product(tenant: Tenant, *, by: Actor, name: str) -> Wizard:
    """Make a product that can be called: with a plan, and an application on it for test calls."""
    wizard = _locked(tenant)
    product = create_product(tenant, by=by, name=name)
    plan = create_application_plan(product, by=by, name=PLAN, published=True)
    set_default_plan(product, plan, by=by)
    account = accounts.accounts_of(tenant).first()
    if account is not None:
        # Beside what the account has: that it may have one application only is for its own ones.
        fields: dict[str, Any] = {"name": APPLICATION}
        made = make_application(account, plan, fields)
        after = {**identity(made), "name": made.name, "state": made.state}
        after |= {"plan_id": made.plan_id, "account_id": made.account_id}
        events.append(tenant, "application.created", made.pk, by=by, after=after)
    wizard.product = product
    return _save(wizard, Wizard.State.STARTED, by)


@transaction.atomic
def connect(tenant: Tenant, *, by: Actor, path: str) -> Wizard:
    """Answer the product's calls below ``path`` with the backend, instead of what did so far."""
    wizard = _locked(tenant)
    backend, product = _chosen(wizard)
    path = "/" + "/".join(filter(None, path.strip().split("/")))
    usages = catalog.backend_usages_of(tenant, product)
    usage = usages.filter(backend=backend).first()
    there = usages.filter(path=path).exclude(backend=backend).first()
    if there is not None:
        services.delete_backend_usage(there, by=by)
    if usage is None:
        services.create_backend_usage(product, by=by, backend=backend, path=path)
    elif usage.path != path:
        services.update_backend_usage(usage, by=by, path=path)
    return _save(wizard, Wizard.State.STARTED, by)


@transaction.atomic
def set_up_request(
    tenant: Tenant, *, by: Actor, api_test_path: str, private_endpoint: str = ""
) -> Product:
    """Save what the test call asks for, and where the API is if given; put it on staging."""
    backend, product = _chosen(_locked(tenant))
    if private_endpoint:
        services.update_backend(backend, by=by, private_endpoint=private_endpoint)
    if catalog.proxy_of(tenant, product).api_test_path != api_test_path:
        services.update_proxy(product, by=by, api_test_path=api_test_path)
    else:
        services.deploy(product, by=by)
    return product


@transaction.atomic
def end(tenant: Tenant, *, by: Actor, skipped: bool = False) -> Wizard:
    """Leave the wizard, at its end or before. What was chosen stays, should somebody come back."""
    state = Wizard.State.SKIPPED if skipped else Wizard.State.COMPLETED
    return _save(_locked(tenant), state, by)


def _locked(tenant: Tenant) -> Wizard:
    lock(tenant)
    return selectors.wizard_of(tenant)


def _chosen(wizard: Wizard) -> tuple[Backend, Product]:
    if wizard.backend is None or wizard.product is None:
        raise refuse("base", "Choose a backend and a product first")
    return wizard.backend, wizard.product


def _save(wizard: Wizard, state: Wizard.State, by: Actor) -> Wizard:
    before = wizard.state
    wizard.state = state
    wizard.save()
    if before != state:
        tenant = wizard.tenant
        after = {"state": str(state)}
        events.append(tenant, f"wizard.{state}", tenant.pk, by=by, after=after)
    return wizard
