"""Reading applications and keys. The tenant comes first in every function."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application, ApplicationKey
from tollway.portal.fields import digest
from tollway.portal.tenants.models import Tenant


def applications_of(tenant: Tenant, account: Account | None = None) -> QuerySet[Application]:
    """Return the applications of all accounts, or of one, with what an answer shows of them."""
    applications = Application.objects.filter(tenant=tenant)
    if account is not None:
        applications = applications.filter(account=account)
    return applications.select_related("account", "product", "plan").order_by("id")


def application_by_user_key(
    tenant: Tenant, user_key: str, product_id: int | None = None
) -> Application | None:
    """Find by the user key, in one product or, as 3scale's find does, in all of the tenant's.

    The digest of a key names its product, so each product has to be asked.
    """
    products = tenant.products.values_list("id", flat=True)
    ids = [product_id] if product_id is not None else list(products)
    digests = [digest("user_key", str(pk), user_key) for pk in ids]
    return applications_of(tenant).filter(user_key_digest__in=digests).first()


def application_by_app_id(
    tenant: Tenant, app_id: str, product_id: int | None = None
) -> Application | None:
    found = applications_of(tenant).filter(application_id=app_id)
    return (found if product_id is None else found.filter(product=product_id)).first()


def keys_of(tenant: Tenant, application: Application) -> QuerySet[ApplicationKey]:
    keys = ApplicationKey.objects.filter(tenant=tenant, application=application)
    return keys.order_by("id")


def key_by_value(tenant: Tenant, application: Application, value: str) -> ApplicationKey | None:
    parts = (str(application.product_id), application.application_id, value)
    return keys_of(tenant, application).filter(digest=digest("app_key", *parts)).first()
