"""Sign-up of tenants: the first start's, and those that the operator makes later."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from msgspec import Struct

from tollway.config import Settings
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.accounts.services import create_access_token
from tollway.portal.accounts.single_use import write_activation
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog import endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.mail.models import Mail
from tollway.portal.onboarding.credentials import Credentials, SignIn, generate, load, save
from tollway.portal.onboarding.sample import PRODUCT, make_sample_data
from tollway.portal.plans.services import create_tenant
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master, tenant_by_subdomain

SAMPLE = "demo"


class NewProvider(Struct, frozen=True):
    """``token`` is the value of an access token of the admin's, for everything."""

    tenant: Tenant
    admin: User
    token: str


class SignedUp(Struct, frozen=True):
    """``mail`` carries the link by which ``admin`` activates themselves."""

    tenant: Tenant
    admin: User
    mail: Mail


@transaction.atomic
def sign_up_provider(
    operator: Tenant,
    settings: Settings,
    *,
    by: Actor,
    **fields: Any,  # noqa: ANN401
) -> SignedUp:
    """Make a tenant for a visitor: complete with its sample data, but nobody signs in yet.

    ``fields`` as for ``accounts.services.make_tenant``. The admin is pending until the link of the
    mail, which is written in the same transaction, has shown that the address is theirs.
    """
    made = create_tenant(operator, by=by, admin_state=User.State.PENDING, **fields)
    make_sample_data(made.tenant, settings)
    return SignedUp(made.tenant, made.admin, write_activation(made.admin))


@transaction.atomic
def create_provider(
    operator: Tenant,
    settings: Settings,
    *,
    by: Actor,
    token: str = "",
    **fields: Any,  # noqa: ANN401
) -> NewProvider:
    """Make a tenant that works at once: with its admin, a token, and the sample data.

    ``fields`` as for ``accounts.services.make_tenant``. ``token`` is made up if absent.
    """
    made = create_tenant(operator, by=by, **fields)
    value = _make_token(made.admin, token, "Administration", by=by)
    make_sample_data(made.tenant, settings)
    return NewProvider(made.tenant, made.admin, value)


def _make_token(user: User, value: str, name: str, *, by: Actor) -> str:
    return create_access_token(
        user,
        by=by,
        value=value,
        name=name,
        permission=AccessToken.Permission.READ_WRITE,
        scopes=list(AccessToken.Scope.values),
    )


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
    _make_token(operator.admin, credentials.master_token, "Made at the first start", by=SYSTEM)
    create_provider(
        operator.tenant, settings, by=SYSTEM, token=credentials.access_token, org_name="Demo",
        subdomain=SAMPLE, username=credentials.admin.username,
        password=credentials.admin.password, email="admin@demo.example",
    )  # fmt: skip


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
    products = catalog.products_of(tenant).filter(system_name=PRODUCT) if tenant else None
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
