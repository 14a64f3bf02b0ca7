"""What runs change of a row, its state or its plan: read before and after, and put back.

A run remembers both of each row. What somebody else has changed since is not put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from msgspec import Struct

from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import ACCOUNT_MOVES, change_account_state
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import MOVES, change_plan, change_state
from tollway.portal.applications.services import change_subscription_state as change_subscription
from tollway.portal.bulk.subjects import Subject
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, Move, refuse
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import (
    account_plans_of,
    application_plans_of,
    contract_of,
    service_plans_of,
)
from tollway.portal.plans.services import (
    SUBSCRIPTION_MOVES,
    change_account_plan,
    change_service_plan,
)
from tollway.portal.tenants.models import Tenant

PLAN_GONE = "The plan that it was on is gone"
NO_PLAN = "It had no plan before"


class Aspect(Struct, frozen=True):
    """Something of a row. ``object_kind`` and ``field`` are the names that the log has for it.

    ``read`` returns its value as a text. ``change`` makes the next one: by one of ``moves``, or to
    a plan. ``restore`` gives the row an earlier value. ``ways`` returns, of pairs (before, after)
    that a run has left, those from which there is a way back.
    """

    noun: str
    object_kind: str
    field: str
    read: Callable[[Any], str]
    change: Callable[[Any, Any, Actor], None]
    restore: Callable[[Any, str, Actor], None]
    ways: Callable[[Tenant, set[tuple[str, str]]], set[tuple[str, str]]]
    moves: Mapping[str, Move] = {}


def _state(
    object_kind: str, moves: Mapping[str, Move], change: Callable[[Any, str, Actor], None]
) -> Aspect:
    def way(before: str, after: str) -> str | None:
        steps = moves.items()
        return next((e for e, m in steps if after in m.sources and m.target == before), None)

    def restore(row: Any, before: str, by: Actor) -> None:  # noqa: ANN401
        event = way(before, str(row.state))
        if event is None:
            raise refuse(BASE, f"There is no way back to {before}")
        change(row, event, by)

    return Aspect(
        noun="state",
        object_kind=object_kind,
        field="state",
        read=lambda row: str(row.state),
        change=change,
        restore=restore,
        ways=lambda _, pairs: {pair for pair in pairs if way(*pair) is not None},
        moves=moves,
    )


def _plan(
    object_kind: str,
    field: str,
    read: Callable[[Any], str],
    plans_of: Callable[[Tenant], QuerySet[Any, Any]],
    change: Callable[[Any, Any, Actor], None],
) -> Aspect:
    def restore(row: Any, before: str, by: Actor) -> None:  # noqa: ANN401
        plan = plans_of(row.tenant).filter(pk=before).first() if before else None
        if plan is None:
            raise refuse(BASE, PLAN_GONE if before else NO_PLAN)
        change(row, plan, by)

    def ways(tenant: Tenant, pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
        wanted = {before for before, _ in pairs if before}
        there = set(map(str, plans_of(tenant).filter(pk__in=wanted).values_list("pk", flat=True)))
        return {pair for pair in pairs if pair[0] in there}

    return Aspect("plan", object_kind, field, read, change, restore, ways)


def _move_account(account: Account, event: str, by: Actor) -> None:
    if account.provider_id is not None:
        raise refuse(BASE, "It stands for an organisation, which has a state of its own")
    change_account_state(account, event, by=by)


def _plan_of_account(account: Account) -> str:
    contract = contract_of(account.tenant, account)
    return str(contract.plan_id) if contract else ""


def _plan_of(row: Application | ServiceSubscription) -> str:
    return str(row.plan_id)


STATES: Mapping[Subject, Aspect] = {
    Subject.ACCOUNTS: _state("account", ACCOUNT_MOVES, _move_account),
    Subject.APPLICATIONS: _state(
        "application", MOVES, lambda row, event, by: change_state(row, event, by=by)
    ),
    Subject.SUBSCRIPTIONS: _state(
        "service_subscription",
        SUBSCRIPTION_MOVES,
        lambda row, event, by: change_subscription(row, event, by=by),
    ),
}

PLANS: Mapping[Subject, Aspect] = {
    Subject.ACCOUNTS: _plan(
        "account",
        "account_plan_id",
        _plan_of_account,
        account_plans_of,
        lambda row, plan, by: change_account_plan(row, plan, by=by),
    ),
    Subject.APPLICATIONS: _plan(
        "application",
        "plan_id",
        _plan_of,
        application_plans_of,
        lambda row, plan, by: change_plan(row, plan, by=by),
    ),
    Subject.SUBSCRIPTIONS: _plan(
        "service_subscription",
        "plan_id",
        _plan_of,
        service_plans_of,
        lambda row, plan, by: change_service_plan(row, plan, by=by),
    ),
}
