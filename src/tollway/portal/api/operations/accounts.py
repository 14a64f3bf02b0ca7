"""Sign-up, and developer accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import Account
from tollway.portal.api.defined import columns, given_fields
from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    moving,
    showing,
    updating,
)
from tollway.portal.api.operations.services import allowed
from tollway.portal.api.params import boolean, integer, mapping, text
from tollway.portal.api.resources.accounts import ACCOUNT, SIGN_UP
from tollway.portal.api.runs import find, remove, transition
from tollway.portal.applications.services import ChosenPlans, delete_account, sign_up
from tollway.portal.catalog.selectors import tenant_by_service_token
from tollway.portal.events.actors import Actor
from tollway.portal.plans import selectors as plans
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import tenant_by_provider_key

M = TypeVar("M", bound=Model)

_ACCOUNTS = "/admin/api/accounts"
_ACCOUNT = f"{_ACCOUNTS}/{{id}}"

_OWN = (
    boolean("monthly_billing_enabled"),
    boolean("monthly_charging_enabled"),
    mapping("annotations"),
)
_COLUMNS = columns(Target.ACCOUNT, without=("org_name",))


# How the operator finds a tenant by a secret of the tenant's.
_BUYER_BY: Mapping[str, Callable[[str], Tenant | None]] = {
    "buyer_provider_key": tenant_by_provider_key,
    "buyer_service_token": tenant_by_service_token,
}


def account_of(call: Call, name: str = "account_id") -> Account:
    return find(selectors.accounts_of(call.tenant), pk=call.id(name))


def _account(call: Call) -> Account:
    return account_of(call, "id")


def _accounts(call: Call) -> QuerySet[Account]:
    accounts = selectors.accounts_of(call.tenant)
    return accounts.filter(state=call.given["state"]) if call.given.get("state") else accounts


def _sign_up(call: Call) -> Account:
    given: dict[str, Any] = given_fields(call, Target.ACCOUNT, Target.USER)
    chosen = ChosenPlans(
        account=_chosen(plans.account_plans_of(call.tenant), given.pop("account_plan_id", None)),
        service=_chosen(
            allowed(call, plans.service_plans_of(call.tenant)), given.pop("service_plan_id", None)
        ),
        application=_chosen(
            allowed(call, plans.application_plans_of(call.tenant)),
            given.pop("application_plan_id", None),
        ),
    )
    return sign_up(call.tenant, by=call.by, chosen=chosen, **given).account


def _chosen(known: QuerySet[M], plan_id: int | None) -> M | None:
    return None if plan_id is None else find(known, pk=plan_id)


def _find(call: Call) -> Account:
    """Find through one of the users: by name, else e-mail address, else id.

    The operator also finds a tenant's account by the tenant's provider key, or by a service token.
    """
    developers = selectors.developers_of(call.tenant)
    for name, wanted in (("username", "username"), ("email", "email__iexact"), ("user_id", "pk")):
        if call.given.get(name):
            account = find(developers, **{wanted: call.given[name]}).account
            if account is not None:
                return account
    for name, look_up in _BUYER_BY.items() if call.tenant.is_master else ():
        if (secret := call.given.get(name)) and (tenant := look_up(secret)) is not None:
            return find(selectors.accounts_of(call.tenant), provider=tenant)
    raise Http404


def _update(call: Call) -> Account:
    account = _account(call)
    services.update_account(account, by=call.by, **given_fields(call, Target.ACCOUNT))
    return account


def _delete(account: Account, *, by: Actor) -> None:
    """Remove the account; what stands for a tenant goes with the tenant, and that takes a while."""
    if account.provider is not None:
        services.change_tenant_state(account.provider, "schedule_for_deletion", by=by)
    else:
        delete_account(account, by=by)


def _change_state(account: Account, event: str, *, by: Actor) -> None:
    """Move the account, or the tenant that it stands for."""
    if account.provider is None:
        services.change_account_state(account, event, by=by)
    else:
        services.change_tenant_state(account.provider, event, by=by)
        account.refresh_from_db()


def _move(event: str, summary: str) -> Operation:
    run = transition(_account, _change_state, event)
    return moving(f"{_ACCOUNT}/{event}", summary, ACCOUNT, run)


_ROWS: tuple[Operation, ...] = (
    creating(
        "/admin/api/signup",
        "Make an account with admin user, subscriptions, applications, on plans given or default",
        SIGN_UP,
        _sign_up,
        params=(
            text("org_name", required=True),
            text("username", required=True),
            text("email"),
            text("password"),
            integer("account_plan_id", nullable=True),
            integer("service_plan_id", nullable=True),
            integer("application_plan_id", nullable=True),
            *_OWN,
            *_COLUMNS[:-1],
            *columns(Target.USER, without=("username", "email")),
        ),
    ).refusing(404),
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
        params=(
            text("username"),
            text("email"),
            integer("user_id", nullable=True),
            *map(text, _BUYER_BY),
        ),
    ).refusing(404),
    showing(_ACCOUNT, "One account", ACCOUNT, _account),
    updating(
        _ACCOUNT,
        "Change an account",
        ACCOUNT,
        _update,
        params=(text("org_name"), *_OWN, *_COLUMNS),
        wrapper="account",
    ),
    deleting(
        _ACCOUNT,
        "Remove an account with its users and applications",
        remove(_account, _delete),
    ),
    _move("approve", "Approve an account: its applications are authorised"),
    _move("reject", "Reject an account: its applications are refused"),
    _move("make_pending", "Make an account wait for approval again"),
)

OPERATIONS = in_section("partners", _ROWS)
