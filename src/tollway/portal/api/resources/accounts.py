"""Shapes of developer accounts, of users with what is theirs, and of access tokens."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
from django.db.models import QuerySet

from tollway.portal.accounts.fields_definitions import BUILT_IN, Target, shown_extra_fields
from tollway.portal.accounts.models import AccessToken, Account, User
from tollway.portal.accounts.notifications import DEFAULTS
from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.api.resources.applications import APPLICATION
from tollway.portal.api.resources.plans import ACCOUNT_PLAN, APPLICATION_PLAN, SERVICE_PLAN


def _defined(target: str) -> dict[str, Callable[[Any], bool]]:
    """Say of each column that not every row shows whether the tenant has defined it."""

    def test(name: str) -> Callable[[Any], bool]:
        return lambda row: any(
            definition.target == target and definition.name == name
            for definition in row.tenant.fieldsdefinitions.all()
        )

    return {field.name: test(field.name) for field in BUILT_IN[target] if not field.mandatory}


def _extra_fields(target: str) -> Callable[[Any], dict[str, str]]:
    return lambda row: shown_extra_fields(row.tenant, target, row.extra_fields)


def _user_path(user: User) -> str:
    if user.account_id is None:
        return f"/admin/api/users/{user.pk}"
    return f"/admin/api/accounts/{user.account_id}/users/{user.pk}"


def _with_definitions(query: QuerySet[Any]) -> QuerySet[Any]:
    return query.select_related("tenant").prefetch_related("tenant__fieldsdefinitions")


_OF_USERS = _defined(Target.USER)

USER = Resource(
    "user",
    "users",
    json=("id", "state", "role", *TIMES, "username", "email", *_OF_USERS),
    xml=(
        "id", *TIMES, "account_id", "state", "role", "username", "email", *_OF_USERS,
        "extra_fields",
    ),
    values={
        "account_id": lambda user: user.account_id or user.tenant_id,
        "extra_fields": _extra_fields(Target.USER),
    },
    when=_OF_USERS,
    more=_extra_fields(Target.USER),
    links={"self": _user_path},
    load=_with_definitions,
)  # fmt: skip

PERMISSIONS = Resource(
    "permissions",
    "",
    json=("user_id", "role", "allowed_sections", "allowed_service_ids"),
    xml=("user_id", "role", "allowed_sections", "allowed_service_ids"),
    values={
        "user_id": attrgetter("pk"),
        "allowed_sections": attrgetter("sections"),
        "allowed_service_ids": lambda user: None if user.is_admin else user.allowed_service_ids,
    },
    links={"self": lambda user: f"/admin/api/users/{user.pk}/permissions"},
)
NOTIFICATION_PREFERENCES = Resource(
    "notification_preferences",
    "",
    json=tuple(DEFAULTS),
    values={name: itemgetter(name) for name in DEFAULTS},
    types=dict.fromkeys(DEFAULTS, "boolean"),
)


def _plans(account: Account) -> list[Embedded]:
    """Return the plans that the account is on: its own, of products, of applications; each once."""
    contract = getattr(account, "contract", None)
    services = [subscription.plan for subscription in account.service_subscriptions.all()]
    applications = [application.plan for application in account.applications.all()]
    bought = (
        (ACCOUNT_PLAN, [contract.plan] if contract else []),
        (SERVICE_PLAN, services),
        (APPLICATION_PLAN, applications),
    )
    return [
        Embedded(resource, plan)
        for resource, plans in bought
        for _, plan in sorted({plan.pk: plan for plan in plans}.items())
    ]


def _with_users_and_plans(query: QuerySet[Account]) -> QuerySet[Account]:
    related = (
        "users__tenant__fieldsdefinitions", "applications__plan__parent", "contract__plan",
        "service_subscriptions__plan",
    )  # fmt: skip
    return query.prefetch_related(*related)


_OF_ACCOUNTS = _defined(Target.ACCOUNT)

ACCOUNT = Resource(
    "account",
    "accounts",
    json=(
        "id", *TIMES, "state", "annotations", "org_name", *_OF_ACCOUNTS, "credit_card_stored",
        "monthly_billing_enabled", "monthly_charging_enabled",
    ),
    xml=(
        "id", *TIMES, "state", "annotations", "org_name", *_OF_ACCOUNTS, "extra_fields",
        "monthly_billing_enabled", "monthly_charging_enabled", "credit_card_stored", "plans",
        "users",
    ),
    values={
        "extra_fields": _extra_fields(Target.ACCOUNT),
        "credit_card_stored": lambda _account: False,  # nobody can store one yet
        "plans": _plans,
        "users": lambda account: Embedded(USER, account.users.all()),
        "applications": lambda account: Embedded(
            APPLICATION, APPLICATION.load(account.applications.all())
        ),
    },
    when=_OF_ACCOUNTS,
    types={"vat_rate": "number or null"},
    more=_extra_fields(Target.ACCOUNT),
    links={
        "self": lambda account: f"/admin/api/accounts/{account.pk}",
        "users": lambda account: f"/admin/api/accounts/{account.pk}/users",
        "applications": lambda account: f"/admin/api/accounts/{account.pk}/applications",
    },
    load=_with_definitions,
    load_xml=_with_users_and_plans,
)  # fmt: skip

SIGN_UP = msgspec.structs.replace(ACCOUNT, xml=(*(ACCOUNT.xml or ()), "applications"))


class NewToken(msgspec.Struct, frozen=True):
    """A token just made, with the value that is not shown again."""

    token: AccessToken
    value: str


_TOKEN = ("id", "name", "scopes", "permission", "expires_at")

ACCESS_TOKEN = Resource(
    "access_token",
    "access_tokens",
    json=_TOKEN,
    xml=_TOKEN,
)
NEW_ACCESS_TOKEN = Resource(
    "access_token",
    "access_tokens",
    json=(*_TOKEN, "value"),
    xml=(*_TOKEN, "value"),
    values={
        **{name: attrgetter(f"token.{name}") for name in _TOKEN},
        "value": attrgetter("value"),
    },
)
