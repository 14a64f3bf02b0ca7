"""The first start: the operator's tenant, and a sample tenant whose API can be called at once."""

from __future__ import annotations

import msgspec
from django.db import transaction

from tollway.config import Settings
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.accounts.services import create_access_token, create_account, create_tenant
from tollway.portal.applications.selectors import applications_of
from tollway.portal.applications.services import create_application
from tollway.portal.catalog import endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import create_product, promote, update_proxy
from tollway.portal.events.actors import SYSTEM
from tollway.portal.onboarding.credentials import Credentials, SignIn, generate, load, save
from tollway.portal.plans.services import create_application_plan, set_default_plan
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master, tenant_by_subdomain

SAMPLE = "demo"
SAMPLE_PRODUCT = "api"


def ensure_installation(settings: Settings) -> Credentials:
    """Make the master and the sample tenant, once; return what still opens them.

    Sample data is made in one transaction and never again: what a user deletes stays deleted. The
    credentials are kept in the data directory; those that were changed since come back as "".
    """
    kept = load(settings.data_dir)
    if master() is None:
        kept = kept or generate()
        save(settings.data_dir, kept)
        _install(settings, kept)
    credentials = _still_valid(kept or Credentials())
    if kept is not None:
        save(settings.data_dir, credentials)
    return credentials


@transaction.atomic
def _install(settings: Settings, credentials: Credentials) -> None:
    operator = create_tenant(
        None, by=SYSTEM, org_name="Master", subdomain="master",
        username=credentials.master_admin.username, password=credentials.master_admin.password,
        email="master@master.example",
    )  # fmt: skip
    _make_token(operator.admin, credentials.master_token)
    sample = create_tenant(
        operator.tenant, by=SYSTEM, org_name="Demo", subdomain=SAMPLE,
        username=credentials.admin.username, password=credentials.admin.password,
        email="admin@demo.example",
    )  # fmt: skip
    _make_token(sample.admin, credentials.access_token)
    echo = f"http://echo.{settings.domain}:{settings.ports.echo}"
    make_sample_data(sample.tenant, echo)


def _make_token(user: User, value: str) -> None:
    create_access_token(
        user,
        by=SYSTEM,
        value=value,
        name="Made at the first start",
        permission=AccessToken.Permission.READ_WRITE,
        scopes=list(AccessToken.Scope.values),
    )


@transaction.atomic
def make_sample_data(tenant: Tenant, echo: str) -> Product:
    """Make the quick start's product, plans, developer and application, in force on both gateways.

    ``echo`` is the private base URL behind the product.
    """
    product = create_product(tenant, by=SYSTEM, name="API", system_name=SAMPLE_PRODUCT)
    basic = create_application_plan(product, by=SYSTEM, name="Basic", published=True)
    create_application_plan(product, by=SYSTEM, name="Unlimited", published=True)
    set_default_plan(product, basic, by=SYSTEM)
    local, _, domain = accounts.admins_of(tenant)[0].email.partition("@")
    developer = create_account(
        tenant, by=SYSTEM, org_name="Developer", username="john", email=f"{local}+test@{domain}",
        first_name="John", last_name="Doe",
    )  # fmt: skip
    create_application(
        developer.account,
        by=SYSTEM,
        plan=basic,
        name="Developer's App",
        description="Default application created on signup.",
    )
    update_proxy(product, by=SYSTEM, api_backend=echo)
    promote(product, by=SYSTEM, version=1)
    return product


def _still_valid(kept: Credentials) -> Credentials:
    """Compare what was kept with what is there now."""
    operator, sample = master(), tenant_by_subdomain(SAMPLE)
    return msgspec.structs.replace(
        _of_sample_product(kept, sample),
        admin=_sign_in(sample, kept.admin),
        master_admin=_sign_in(operator, kept.master_admin),
        access_token=_token(sample, kept.access_token),
        master_token=_token(operator, kept.master_token),
        tenant_id=sample.pk if sample else 0,
        master_id=operator.pk if operator else 0,
    )


def _sign_in(tenant: Tenant | None, known: SignIn) -> SignIn:
    user = accounts.admins_of(tenant).filter(username=known.username).first() if tenant else None
    valid = user is not None and known.password and user.check_password(known.password)
    return known if valid else SignIn(known.username, "")


def _token(tenant: Tenant | None, value: str) -> str:
    found = accounts.access_token_by_value(tenant, value) if tenant and value else None
    return value if found else ""


def _of_sample_product(kept: Credentials, tenant: Tenant | None) -> Credentials:
    products = catalog.products_of(tenant).filter(system_name=SAMPLE_PRODUCT) if tenant else None
    product = products.first() if products is not None else None
    if tenant is None or product is None:
        return msgspec.structs.replace(kept, service_id=0, service_token="", user_key="")
    proxy = catalog.proxy_of(tenant, product)
    token = catalog.service_tokens_of(tenant, product).first()
    application = applications_of(tenant).filter(product=product, state="live").first()
    return msgspec.structs.replace(
        kept,
        service_id=product.pk,
        service_token=token.value if token else "",
        user_key=application.user_key if application else "",
        staging=endpoints.staging_endpoint(proxy),
        production=endpoints.production_endpoint(proxy),
    )
