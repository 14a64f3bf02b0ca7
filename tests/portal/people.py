"""Who the portal's tests are about: Acme, who owns things, its developer, and Globex: strangers."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import create_application, sign_up
from tollway.portal.catalog.models import Backend, Metric, Product
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_backend, create_backend_usage
from tollway.portal.events.actors import Actor
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import (
    create_application_plan,
    create_product,
    create_tenant,
)
from tollway.portal.tenants.models import Tenant

BY = Actor("user", "1")
PASSWORD = "correct horse battery"


class Provider(Struct, frozen=True):
    """A tenant with one of everything."""

    tenant: Tenant
    admin: User
    product: Product
    backend: Backend
    plan: ApplicationPlan
    account: Account
    developer: User
    application: Application

    @property
    def hits(self) -> Metric:
        return hits_of(self.tenant, self.product)

    def another_product(self, name: str = "Another", **fields: Any) -> Product:
        return create_product(self.tenant, by=BY, name=name, **fields)

    def another_application(self, **fields: Any) -> Application:
        fields = {"plan": self.plan, "name": "Another", **fields}
        return create_application(self.account, by=BY, **fields)


def make_master() -> Tenant:
    return create_tenant(
        None, by=BY, org_name="Master", subdomain="master", username="master", password=PASSWORD
    ).tenant


def make_provider(master: Tenant, name: str) -> Provider:
    email = f"admin@{name}.example"
    made = create_tenant(
        master, by=BY, org_name=name.title(), subdomain=name, username="admin", email=email,
        password=PASSWORD,
    )  # fmt: skip
    tenant = made.tenant
    product = create_product(tenant, by=BY, name="API")
    backend = create_backend(
        tenant, by=BY, name="Echo", private_endpoint="https://echo-api.3scale.net"
    )
    create_backend_usage(product, by=BY, backend=backend)
    plan = create_application_plan(product, by=BY, name="Basic", published=True)
    developer = sign_up(
        tenant, by=BY, org_name="Developer", username="john", email="john@dev.example"
    )
    application = create_application(developer.account, by=BY, plan=plan, name="App")
    return Provider(
        tenant, made.admin, product, backend, plan, developer.account, developer.user, application
    )
