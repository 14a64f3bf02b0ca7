"""Reading applications and keys. The tenant comes first in every function."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.selectors import accounts_of
from tollway.portal.applications.models import (
    Application,
    ApplicationKey,
    FormerUserKey,
    ReferrerFilter,
)
from tollway.portal.catalog.models import Product
from tollway.portal.fields import digest
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import free_application_plans_of, subscriptions_of
from tollway.portal.tenants.models import Tenant, TenantSettings

ID_DIGITS_MAX = 18


def applications_of(tenant: Tenant, account: Account | None = None) -> QuerySet[Application]:
    """Return the applications of all accounts, or of one, with what an answer shows of them."""
    applications = Application.objects.filter(tenant=tenant)
    if account is not None:
        applications = applications.filter(account=account)
    return applications.select_related("account", "product", "plan__parent").order_by("id")


def subscription_of(tenant: Tenant, application: Application) -> ServiceSubscription | None:
    """Return the subscription of the application's account to its product."""
    subscriptions = subscriptions_of(tenant, application.account)
    return subscriptions.filter(product=application.product_id).first()


def may_have_another(tenant: Tenant, account: Account) -> bool:
    """Say whether the account may get one more application: the tenant may allow one only."""
    if account.tenant_id != tenant.pk:
        return False
    several = TenantSettings.objects.filter(tenant=tenant, multiple_applications=True)
    return several.exists() or not applications_of(tenant, account).exists()


class Filter(Struct, frozen=True, tag=True):
    """What to look for among applications; None is anything.

    ``plan_type``: "free" or "paid", a plan that costs nothing or something. ``active_since`` and
    ``inactive_since`` look at the first call of an application's last day with traffic (3scale's
    reading), ``called_since`` and ``silent_since`` at its last call; whoever has never called is
    silent. ``created_until`` is left out of the span. ``account_text`` is a part of the account's
    name. ``text`` is a part of a name, or the whole of
    a user key (also of one that is being replaced), of the id that an application calls with, or of
    its id here.
    """

    state: str | None = None
    product_id: int | None = None
    plan_id: int | None = None
    plan_type: str | None = None
    active_since: datetime | None = None
    inactive_since: datetime | None = None
    text: str | None = None
    account_id: int | None = None
    account_text: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    called_since: datetime | None = None
    silent_since: datetime | None = None
    has_called: bool | None = None


def matching_applications(
    tenant: Tenant, wanted: Filter, account: Account | None = None
) -> QuerySet[Application]:
    """Return the applications that ``wanted`` lets through."""
    lookups = {
        "state": wanted.state,
        "product": wanted.product_id,
        "plan": wanted.plan_id,
        "account": wanted.account_id,
        "account__org_name__icontains": wanted.account_text,
        "first_daily_traffic_at__gte": wanted.active_since,
        "created_at__gte": wanted.created_from,
        "created_at__lt": wanted.created_until,
        "last_traffic_at__gte": wanted.called_since,
    }
    given = {name: value for name, value in lookups.items() if value is not None}
    found = applications_of(tenant, account).filter(**given)
    if wanted.inactive_since is not None:
        found = found.exclude(first_daily_traffic_at__gte=wanted.inactive_since)
    if wanted.silent_since is not None:
        found = found.exclude(last_traffic_at__gte=wanted.silent_since)
    if wanted.has_called is not None:
        found = found.filter(last_traffic_at__isnull=not wanted.has_called)
    if wanted.plan_type in {"free", "paid"}:
        free = Q(plan__in=free_application_plans_of(tenant).values("pk"))
        found = found.filter(free if wanted.plan_type == "free" else ~free)
    return found.filter(_about(tenant, wanted.text)) if wanted.text else found


class AccountFilter(Struct, frozen=True, tag=True):
    """What to look for among accounts; None is anything.

    ``signed_up_until`` is left out of the span. ``text`` is a part of the account's name, or of the
    name or address of one of its users, or finds one of its applications as ``Filter`` does.
    """

    state: str | None = None
    plan_id: int | None = None
    signed_up_from: datetime | None = None
    signed_up_until: datetime | None = None
    text: str | None = None


def matching_accounts(
    tenant: Tenant, wanted: AccountFilter, products: frozenset[int] | None = None
) -> QuerySet[Account]:
    """Return the accounts that ``wanted`` lets through.

    ``products``: the ids of those by whose applications they may be found; None for all.
    """
    lookups = {
        "state": wanted.state,
        "contract__plan": wanted.plan_id,
        "created_at__gte": wanted.signed_up_from,
        "created_at__lt": wanted.signed_up_until,
    }
    given = {name: value for name, value in lookups.items() if value is not None}
    found = accounts_of(tenant).filter(**given)
    if not wanted.text:
        return found
    # PERF: bench/many.py. Users are read through once, not asked for account by account.
    users = User.objects.filter(tenant=tenant, account__isnull=False).filter(
        Q(username__icontains=wanted.text) | Q(email__icontains=wanted.text)
    )
    applications = matching_applications(tenant, Filter(text=wanted.text)).order_by()
    if products is not None:
        applications = applications.filter(product__in=products)
    return found.filter(
        Q(org_name__icontains=wanted.text)
        | Q(pk__in=users.values("account"))
        | Q(pk__in=applications.values("account"))
    )


def _about(tenant: Tenant, text: str) -> Q:
    ids = list(tenant.products.values_list("id", flat=True))
    about = Q(name__icontains=text) | Q(product__in=ids, application_id=text)
    if text.isdecimal() and len(text) <= ID_DIGITS_MAX:
        about |= Q(pk=int(text))
    return about | _with_user_key(ids, text)


def _with_user_key(product_ids: list[int], user_key: str) -> Q:
    """Find by the user key. A key's digest names its product, so each product has to be asked."""
    digests = [digest("user_key", str(pk), user_key) for pk in product_ids]
    former = FormerUserKey.objects.filter(product__in=product_ids, digest__in=digests)
    return Q(product__in=product_ids, user_key_digest__in=digests) | Q(
        pk__in=former.values("application")
    )


def application_by_user_key(
    tenant: Tenant, user_key: str, product_id: int | None = None
) -> Application | None:
    """Find by a user key that opens it, in one product or, as 3scale's find does, in all."""
    products = tenant.products.values_list("id", flat=True)
    ids = list(products if product_id is None else products.filter(pk=product_id))
    return applications_of(tenant).filter(_with_user_key(ids, user_key)).first()


def application_by_app_id(
    tenant: Tenant, app_id: str, product_id: int | None = None
) -> Application | None:
    products = tenant.products.values("id")
    ids = products if product_id is None else products.filter(pk=product_id)
    return applications_of(tenant).filter(product__in=ids, application_id=app_id).first()


def former_user_keys_of(tenant: Tenant, application: Application) -> QuerySet[FormerUserKey]:
    """Return the user keys that were replaced and still open the application."""
    return FormerUserKey.objects.filter(tenant=tenant, application=application).order_by("id")


def keys_of(tenant: Tenant, application: Application) -> QuerySet[ApplicationKey]:
    keys = ApplicationKey.objects.filter(tenant=tenant, application=application)
    return keys.order_by("id")


def key_by_value(tenant: Tenant, application: Application, value: str) -> ApplicationKey | None:
    parts = (str(application.product_id), application.application_id, value)
    return keys_of(tenant, application).filter(digest=digest("app_key", *parts)).first()


def referrer_filters_of(tenant: Tenant, application: Application) -> QuerySet[ReferrerFilter]:
    return ReferrerFilter.objects.filter(tenant=tenant, application=application).order_by("id")


class ModeChange(Struct, frozen=True):
    """What another authentication mode does to a product's applications.

    ``unusable`` names the credentials of theirs that open nothing afterwards ("user_key", "app_id",
    "app_key", "access_token"); ``applications`` counts those that are live.
    """

    unusable: tuple[str, ...]
    applications: int


# What callers show in each mode. OpenID Connect's token names the application by its client id.
_SHOWN = {
    Product.BackendVersion.USER_KEY: ("user_key",),
    Product.BackendVersion.APP_ID_AND_KEY: ("app_id", "app_key"),
    Product.BackendVersion.OIDC: ("access_token",),
}


def mode_change(tenant: Tenant, product: Product, to: str) -> ModeChange | None:
    """Say what it would do to authenticate by ``to``, a ``BackendVersion``; None for no change."""
    if product.tenant_id != tenant.pk or to == product.backend_version or to not in _SHOWN:
        return None
    live = applications_of(tenant).filter(product=product, state=Application.State.LIVE)
    mode = Product.BackendVersion(product.backend_version)
    return ModeChange(_SHOWN[mode], live.count())
