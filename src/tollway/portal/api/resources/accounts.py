"""Shapes of developer accounts, their users, and access tokens."""

from __future__ import annotations

from operator import attrgetter

import msgspec
from django.db.models import QuerySet

from tollway.portal.accounts.models import AccessToken, Account, User
from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.api.resources.applications import APPLICATION
from tollway.portal.api.resources.plans import APPLICATION_PLAN
from tollway.portal.plans.models import ApplicationPlan


def _user_path(user: User) -> str:
    if user.account_id is None:
        return f"/admin/api/users/{user.pk}"
    return f"/admin/api/accounts/{user.account_id}/users/{user.pk}"


USER = Resource(
    "user",
    "users",
    json=(
        "id", "state", "role", *TIMES, "username", "email", "first_name", "last_name",
    ),
    xml=(
        "id", *TIMES, "account_id", "state", "role", "username", "email", "first_name",
        "last_name", "extra_fields",
    ),
    values={"extra_fields": lambda _user: {}},
    links={"self": _user_path},
)  # fmt: skip


def _plans(account: Account) -> list[ApplicationPlan]:
    """Return the plans that the account has bought, each once."""
    found = {application.plan_id: application.plan for application in account.applications.all()}
    return [found[pk] for pk in sorted(found)]


def _with_users_and_applications(query: QuerySet[Account]) -> QuerySet[Account]:
    return query.prefetch_related("users", "applications__plan")


ACCOUNT = Resource(
    "account",
    "accounts",
    json=(
        "id", *TIMES, "state", "annotations", "org_name", "credit_card_stored",
        "monthly_billing_enabled", "monthly_charging_enabled",
    ),
    xml=(
        "id", *TIMES, "state", "annotations", "org_name", "extra_fields",
        "monthly_billing_enabled", "monthly_charging_enabled", "credit_card_stored", "plans",
        "users",
    ),
    values={
        "annotations": lambda _account: {},
        "extra_fields": lambda _account: {},
        "credit_card_stored": lambda _account: False,  # nobody can store one yet
        "plans": lambda account: Embedded(APPLICATION_PLAN, _plans(account)),
        "users": lambda account: Embedded(USER, account.users.all()),
        "applications": lambda account: Embedded(
            APPLICATION, APPLICATION.load(account.applications.all())
        ),
    },
    links={
        "self": lambda account: f"/admin/api/accounts/{account.pk}",
        "users": lambda account: f"/admin/api/accounts/{account.pk}/users",
        "applications": lambda account: f"/admin/api/accounts/{account.pk}/applications",
    },
    load=_with_users_and_applications,
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
