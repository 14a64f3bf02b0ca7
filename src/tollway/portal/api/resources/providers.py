"""Shapes of a tenant: its own account, its settings, and what its sign-up made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import SETTINGS_FIELDS
from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.api.resources.accounts import (
    ACCOUNT,
    NEW_ACCESS_TOKEN,
    USER,
    NewToken,
)
from tollway.portal.tenants.hosts import admin_host, developer_host
from tollway.portal.tenants.models import Tenant


class Shown(Struct, frozen=True):
    """A tenant and its ``admins`` as whoever came by ``origin`` (scheme, host and port) sees it."""

    tenant: Tenant
    admins: Sequence[User]
    origin: str

    def url(self, host: str) -> str:
        """Return the address of another of our hosts: scheme and port are the same."""
        scheme, address = urlsplit(self.origin)[:2]
        _, colon, port = address.partition(":")
        return f"{scheme}://{host}{colon}{port}"


class SignedUp(Struct, frozen=True):
    """``token`` None: the tenant has been there before."""

    shown: Shown
    token: NewToken | None = None


_TENANT = (
    "created_at", "updated_at", "state", "org_name", "from_email", "support_email",
    "finance_support_email", "site_access_code", "max_services", "max_users", "domains_allowed",
)  # fmt: skip
_OF_ACCOUNTS = tuple(ACCOUNT.when)
_HOSTS = ("admin_domain", "domain", "admin_base_url", "base_url")
_FIRST = ("id", *TIMES, "state", "annotations", *_HOSTS)
_ADDRESSES = ("from_email", "support_email", "finance_support_email", "site_access_code")
# What the operator allows is ours, not 3scale's: it is there where it differs.
_IF_SET = ("deletion_date", "max_services", "max_users", "domains_allowed")
_SWITCHES = ("monthly_billing_enabled", "monthly_charging_enabled")
_OF_ACCOUNT = (*_OF_ACCOUNTS, *_SWITCHES, "annotations", "extra_fields")


def _account(shown: Shown) -> Account:
    """Return the account by which the operator knows the tenant; itself it knows without one."""
    account: Account | None = getattr(shown.tenant, "master_account", None)
    return account or Account(tenant=shown.tenant, org_name=shown.tenant.org_name)


def _of_account(name: str) -> Callable[[Shown], Any]:
    return lambda shown: ACCOUNT.value(name, _account(shown))


def _is_defined(name: str) -> Callable[[Shown], bool]:
    return lambda shown: ACCOUNT.when[name](_account(shown))


PROVIDER = Resource(
    "account",
    "accounts",
    json=(
        *_FIRST, *_ADDRESSES, *_IF_SET, "org_name", *_OF_ACCOUNTS, "credit_card_stored", *_SWITCHES,
    ),
    xml=(
        *_FIRST, *_ADDRESSES, *_IF_SET, "org_name", *_OF_ACCOUNTS, "extra_fields", *_SWITCHES,
        "credit_card_stored", "plans", "users",
    ),
    values={
        "id": attrgetter("tenant.pk"),
        **{name: attrgetter(f"tenant.{name}") for name in _TENANT},
        "admin_domain": lambda shown: admin_host(shown.tenant),
        "domain": lambda shown: developer_host(shown.tenant),
        "admin_base_url": lambda shown: shown.url(admin_host(shown.tenant)),
        "base_url": lambda shown: shown.url(developer_host(shown.tenant)),
        "deletion_date": attrgetter("tenant.deletion_at"),
        **{name: _of_account(name) for name in _OF_ACCOUNT},
        "credit_card_stored": lambda _shown: False,  # nobody can store one yet
        "plans": lambda _shown: [],
        "users": lambda shown: Embedded(USER, shown.admins),
    },
    when={
        "deletion_date": lambda shown: shown.tenant.deletion_at is not None,
        "max_services": lambda shown: shown.tenant.max_services is not None,
        "max_users": lambda shown: shown.tenant.max_users is not None,
        "domains_allowed": lambda shown: not shown.tenant.domains_allowed,
        **{name: _is_defined(name) for name in _OF_ACCOUNTS},
    },
    types={
        **ACCOUNT.types, "deletion_date": "time", "max_services": "integer", "max_users": "integer",
        "domains_allowed": "boolean",
    },
    more=lambda shown: ACCOUNT.value("extra_fields", _account(shown)),
)  # fmt: skip

SIGN_UP = Resource(
    "signup",
    "signups",
    json=("account", "access_token"),
    xml=("account", "access_token"),
    values={
        "account": lambda made: Embedded(PROVIDER, made.shown),
        "access_token": lambda made: Embedded(NEW_ACCESS_TOKEN, made.token),
    },
    when={"access_token": lambda made: made.token is not None},
    types={"account": "mapping", "access_token": "mapping"},
)

# `account_approval_required` is the default account plan's; the rest are columns.
SETTINGS = Resource(
    "settings",
    "",
    json=(
        "useraccountarea_enabled", "hide_service", "signups_enabled", "account_approval_required",
        "public_search", "account_plans_ui_visible", "change_account_plan_permission",
        "service_plans_ui_visible", "change_service_plan_permission", "enforce_sso",
    ),
    values={
        **{name: attrgetter(f"settings.{name}") for name in SETTINGS_FIELDS},
        "account_approval_required": attrgetter("approval_required"),
    },
    types={"account_approval_required": "boolean"},
)  # fmt: skip
