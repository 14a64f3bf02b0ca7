"""The quick start's data, which every tenant begins with: an API that can be called at once."""

from __future__ import annotations

from pathlib import Path

import msgspec
from django.db import transaction
from django.utils.crypto import salted_hmac

from tollway.config import Settings
from tollway.portal.accounts import selectors as accounts
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications.services import create_application, sign_up
from tollway.portal.catalog.endpoints import production_endpoint
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import proxy_of
from tollway.portal.catalog.services import promote, update_proxy
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import (
    add_feature,
    create_application_plan,
    create_feature,
    create_product,
    set_default_plan,
)
from tollway.portal.tenants.models import Tenant

PRODUCT = "api"
DEVELOPER = "john"
_FEATURES = {
    "Basic": ("Unlimited Greetings",),
    "Unlimited": ("Unlimited Greetings", "24/7 support", "Unlimited calls"),
}
_PASSWORD_LENGTH = 20


@transaction.atomic
def make_sample_data(tenant: Tenant, settings: Settings) -> Product:
    """Make product, plans, developer, application and API document, in force on both gateways.

    What stands behind the product is the Echo API of this installation.
    """
    product = create_product(tenant, by=SYSTEM, name="API", system_name=PRODUCT)
    plans = _make_plans(product)
    _make_developer(tenant, plans["Basic"])
    echo = f"http://echo.{settings.domain}:{settings.ports.echo}"
    update_proxy(product, by=SYSTEM, api_backend=echo)
    promote(product, by=SYSTEM, version=1)
    describe_echo(product, by=SYSTEM)
    return product


def describe_echo(product: Product, *, by: Actor) -> ApiDocument:
    """Add the Echo API's document to a product that leads there, for developers to read."""
    return create_document(
        product.tenant,
        by=by,
        product=product,
        name="Echo",
        description="Answers each call with what it was asked.",
        body=_described(product),
        published=True,
    )


def _described(product: Product) -> str:
    """Return the description of the Echo API, at the product's public address."""
    document = msgspec.json.decode((Path(__file__).parent / "echo.json").read_bytes())
    document["servers"] = [{"url": production_endpoint(proxy_of(product.tenant, product))}]
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _make_plans(product: Product) -> dict[str, ApplicationPlan]:
    plans = {
        name: create_application_plan(product, by=SYSTEM, name=name, published=True)
        for name in _FEATURES
    }
    set_default_plan(product, plans["Basic"], by=SYSTEM)
    names = dict.fromkeys(name for included in _FEATURES.values() for name in included)
    features = {name: create_feature(product, by=SYSTEM, name=name) for name in names}
    for plan, included in _FEATURES.items():
        for name in included:
            add_feature(plans[plan], features[name], by=SYSTEM)
    return plans


def _make_developer(tenant: Tenant, plan: ApplicationPlan) -> None:
    local, _, domain = accounts.admins_of(tenant)[0].email.partition("@")
    developer = sign_up(
        tenant, by=SYSTEM, with_applications=False, org_name="Developer", username=DEVELOPER,
        email=f"{local}+test@{domain}", password=developer_password(tenant), first_name="John",
        last_name="Doe",
    )  # fmt: skip
    create_application(
        developer.account,
        by=SYSTEM,
        plan=plan,
        name="Developer's App",
        description="Default application created on signup.",
    )


def developer_password(tenant: Tenant) -> str:
    """Return the password that the sample developer begins with; it follows from the secret key."""
    derived = salted_hmac(__name__, str(tenant.pk), algorithm="sha256")
    return derived.hexdigest()[:_PASSWORD_LENGTH]
