"""What can be done to many rows at once: a row for each kind (feature map, BU1-BU3).

A kind calls the service that does it to one row. Whatever that refuses is a fault of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct

from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import ACCOUNT_MOVES, change_account_state
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import MOVES, change_plan, change_state
from tollway.portal.bulk.letters import write_to
from tollway.portal.bulk.subjects import Subject
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, Move, refuse
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.services import (
    SUBSCRIPTION_MOVES,
    change_account_plan,
    change_service_plan,
    change_subscription_state,
)


class Needs(Enum):
    """What has to be said beside which rows it is done to."""

    NOTHING = "nothing"
    PLAN = "plan"
    LETTER = "letter"


class Parameters(Struct, frozen=True):
    """What was said: of a plan its id, of a letter both texts."""

    plan_id: int = 0
    subject: str = ""
    body: str = ""


class Order(Struct, frozen=True):
    """What a run does to each of its rows. ``occasion`` names the run."""

    parameters: Parameters
    plan: Any
    occasion: str
    by: Actor


Act = Callable[[Any, Order], None]


class Kind(Struct, frozen=True):
    """``verb`` goes with what the rows are called: "Approve" accounts, "Change the plan of" them.

    ``effect`` says what it means for each. ``sources``: the states in which it can be done; empty
    for any.
    """

    subject: Subject
    verb: str
    effect: str
    icon: str
    act: Act
    needs: Needs = Needs.NOTHING
    sources: frozenset[str] = frozenset()
    is_grave: bool = False


def _move_account(event: str) -> Act:
    def act(account: Account, order: Order) -> None:
        if account.provider_id is not None:
            raise refuse(BASE, "It stands for an organisation, which has a state of its own")
        change_account_state(account, event, by=order.by)

    return act


def _move_application(event: str) -> Act:
    def act(application: Application, order: Order) -> None:
        change_state(application, event, by=order.by)

    return act


def _move_subscription(event: str) -> Act:
    def act(subscription: ServiceSubscription, order: Order) -> None:
        change_subscription_state(subscription, event, by=order.by)

    return act


def _plan_of_account(account: Account, order: Order) -> None:
    change_account_plan(account, order.plan, by=order.by)


def _plan_of_application(application: Application, order: Order) -> None:
    change_plan(application, order.plan, by=order.by)


def _plan_of_subscription(subscription: ServiceSubscription, order: Order) -> None:
    change_service_plan(subscription, order.plan, by=order.by)


def _write_to(account: Account, order: Order) -> None:
    said = order.parameters
    write_to(account, said.subject, said.body, occasion=order.occasion, by=order.by)


def _write_to_its_account(row: Application | ServiceSubscription, order: Order) -> None:
    _write_to(row.account, order)


_Says = tuple[str, str, str, bool]
"""The verb, the effect, an icon, and whether it shuts somebody out."""

_SHUT_OUT = "Their users cannot sign in, and their applications' calls are refused within a second."
_LET_IN = "Their users can sign in, and their applications' calls pass within a second."
_REFUSED = "Their calls are refused within a second."
_THROUGH = "Their calls pass within a second."

_OF_ACCOUNTS: Mapping[str, _Says] = {
    "approve": ("Approve", f"{_LET_IN} Their admins get a mail.", "check", False),
    "reject": ("Reject", f"{_SHUT_OUT} Their admins get a mail.", "x", True),
    "suspend": ("Suspend", f"{_SHUT_OUT} You can resume them.", "player-pause", True),
    "resume": ("Resume", _LET_IN, "player-play", False),
    "make_pending": ("Make pending", f"{_SHUT_OUT} Until you approve them.", "clock", True),
}
_OF_APPLICATIONS: Mapping[str, _Says] = {
    "accept": ("Accept", f"{_THROUGH} Their developers get a mail.", "check", False),
    "suspend": ("Suspend", f"{_REFUSED} You can resume them.", "player-pause", True),
    "resume": ("Resume", _THROUGH, "player-play", False),
}
_NO_MORE = "Their accounts cannot make applications of the product until you resume them."
_OF_SUBSCRIPTIONS: Mapping[str, _Says] = {
    "accept": ("Accept", "Their accounts can make applications of the product.", "check", False),
    "suspend": ("Suspend", _NO_MORE, "player-pause", True),
    "resume": ("Resume", "Their accounts can make applications of the product.", "player-play",
               False),
}  # fmt: skip


def _moves(
    subject: Subject,
    moves: Mapping[str, Move],
    says: Mapping[str, _Says],
    act: Callable[[str], Act],
) -> dict[str, Kind]:
    return {
        f"{subject.value}-{event}": Kind(
            subject, verb, effect, icon, act(event), sources=moves[event].sources, is_grave=is_grave
        )
        for event, (verb, effect, icon, is_grave) in says.items()
    }


def _plan(subject: Subject, act: Act, effect: str) -> Kind:
    verb, icon = "Change the plan of", "arrows-exchange"
    return Kind(subject, verb, effect, icon, act, needs=Needs.PLAN)


def _letter(subject: Subject, act: Act, effect: str) -> Kind:
    return Kind(subject, "Send an e-mail to", effect, "mail", act, needs=Needs.LETTER)


_TO_ADMINS = "The active admins of each account get it, each account once."

KINDS: Mapping[str, Kind] = {
    **_moves(Subject.ACCOUNTS, ACCOUNT_MOVES, _OF_ACCOUNTS, _move_account),
    "accounts-plan": _plan(
        Subject.ACCOUNTS, _plan_of_account, "They are on the new account plan at once."
    ),
    "accounts-letter": _letter(Subject.ACCOUNTS, _write_to, _TO_ADMINS),
    **_moves(Subject.APPLICATIONS, MOVES, _OF_APPLICATIONS, _move_application),
    "applications-plan": _plan(
        Subject.APPLICATIONS,
        _plan_of_application,
        "The new limits hold from the next call; what was used in the current periods counts."
        " Plans that single applications have of their own are dropped.",
    ),
    "applications-letter": _letter(Subject.APPLICATIONS, _write_to_its_account, _TO_ADMINS),
    **_moves(Subject.SUBSCRIPTIONS, SUBSCRIPTION_MOVES, _OF_SUBSCRIPTIONS, _move_subscription),
    "subscriptions-plan": _plan(
        Subject.SUBSCRIPTIONS, _plan_of_subscription, "They are on the new service plan at once."
    ),
    "subscriptions-letter": _letter(Subject.SUBSCRIPTIONS, _write_to_its_account, _TO_ADMINS),
}
