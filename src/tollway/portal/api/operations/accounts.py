"""Sign-up, developer accounts and their users."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.models import Account, User
from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    listing,
    showing,
    updating,
)
from tollway.portal.api.params import boolean, integer, text
from tollway.portal.api.resources.accounts import ACCOUNT, SIGN_UP, USER
from tollway.portal.api.runs import change, find, remove, transition
from tollway.portal.applications.services import delete_account, sign_up
from tollway.portal.plans import selectors as plans

_ACCOUNTS = "/admin/api/accounts"
_ACCOUNT = f"{_ACCOUNTS}/{{id}}"
_USERS = f"{_ACCOUNTS}/{{account_id}}/users"

_BILLING = (boolean("monthly_billing_enabled"), boolean("monthly_charging_enabled"))


def account_of(call: Call, name: str = "account_id") -> Account:
    return find(selectors.accounts_of(call.tenant), pk=call.id(name))


def _account(call: Call) -> Account:
    return account_of(call, "id")


def _accounts(call: Call) -> QuerySet[Account]:
    accounts = selectors.accounts_of(call.tenant)
    return accounts.filter(state=call.given["state"]) if call.given.get("state") else accounts


def _sign_up(call: Call) -> Account:
    given: dict[str, Any] = {**call.given}
    plan = None
    if (plan_id := given.pop("application_plan_id", None)) is not None:
        plan = find(plans.application_plans_of(call.tenant), pk=plan_id)
    return sign_up(call.tenant, by=call.by, plan=plan, **given).account


def _find(call: Call) -> Account:
    """Find through one of the users: by name, else e-mail address, else id."""
    developers = selectors.developers_of(call.tenant)
    for name, wanted in (("username", "username"), ("email", "email__iexact"), ("user_id", "pk")):
        if call.given.get(name):
            account = find(developers, **{wanted: call.given[name]}).account
            if account is not None:
                return account
    raise Http404


def _users(call: Call) -> QuerySet[User]:
    users = selectors.developers_of(call.tenant).filter(account=account_of(call))
    wanted = {name: call.given[name] for name in ("state", "role") if call.given.get(name)}
    return users.filter(**wanted)


def _user(call: Call) -> User:
    users = selectors.developers_of(call.tenant).filter(account=account_of(call))
    return find(users, pk=call.id())


def _move(event: str, summary: str) -> Operation:
    run = transition(_account, services.change_account_state, event)
    return updating(f"{_ACCOUNT}/{event}", summary, ACCOUNT, run)


OPERATIONS: tuple[Operation, ...] = (
    creating(
        "/admin/api/signup",
        "Make an account, its admin user, and an application on the plan or on the default plans",
        SIGN_UP,
        _sign_up,
        params=(
            text("org_name", required=True),
            text("username", required=True),
            text("email"),
            text("password"),
            text("first_name"),
            text("last_name"),
            integer("application_plan_id"),
            *_BILLING,
        ),
    ),
    listing(
        _ACCOUNTS,
        "Developer accounts",
        ACCOUNT,
        _accounts,
        params=(text("state"),),
        paginated=True,
    ),
    showing(
        f"{_ACCOUNTS}/find",
        "Find an account by one of its users",
        ACCOUNT,
        _find,
        params=(text("username"), text("email"), integer("user_id", nullable=True)),
    ),
    showing(_ACCOUNT, "One account", ACCOUNT, _account),
    updating(
        _ACCOUNT,
        "Change an account",
        ACCOUNT,
        change(_account, services.update_account),
        params=(text("org_name"), *_BILLING),
        wrapper="account",
    ),
    deleting(
        _ACCOUNT,
        "Remove an account with its users and applications",
        remove(_account, delete_account),
    ),
    _move("approve", "Approve an account: its applications are authorised"),
    _move("reject", "Reject an account: its applications are refused"),
    _move("make_pending", "Make an account wait for approval again"),
    listing(
        _USERS,
        "Users of an account",
        USER,
        _users,
        params=(text("state"), text("role")),
    ),
    showing(f"{_USERS}/{{id}}", "One user of an account", USER, _user),
)
