"""What can be done to many rows at once: a row for each kind (feature map, BU1-BU3).

A kind calls the service that does it to one row. Whatever that refuses is a fault of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct

from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application
from tollway.portal.bulk.aspects import PLANS, STATES, Aspect
from tollway.portal.bulk.letters import write_to
from tollway.portal.bulk.subjects import Subject
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, refuse
from tollway.portal.plans.models import ServiceSubscription


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


class Was(Struct, frozen=True):
    """What an earlier run has left of a row; ``is_stale`` if somebody has changed it since."""

    before: str
    after: str
    is_stale: bool


class Order(Struct, frozen=True):
    """What a run does to a row. ``occasion`` names the run; ``was`` is what it is to put back."""

    parameters: Parameters
    plan: Any
    occasion: str
    by: Actor
    was: Was | None = None


Act = Callable[[Any, Order], None]


class Kind(Struct, frozen=True):
    """``verb`` goes with what the rows are called: "Approve" accounts, "Change the plan of" them.

    ``effect`` says what it means for each. ``sources``: the states in which it can be done; empty
    for any. ``aspect``: what it changes of a row, None for nothing.
    """

    subject: Subject
    verb: str
    effect: str
    icon: str
    act: Act
    needs: Needs = Needs.NOTHING
    sources: frozenset[str] = frozenset()
    is_grave: bool = False
    aspect: Aspect | None = None


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
_CAN_MAKE = "Their accounts can make applications of the product. They get a mail."
_NO_MORE = (
    "Their accounts cannot make applications of the product until you resume them. They get a mail."
)
_OF_SUBSCRIPTIONS: Mapping[str, _Says] = {
    "accept": ("Accept", _CAN_MAKE, "check", False),
    "suspend": ("Suspend", _NO_MORE, "player-pause", True),
    "resume": ("Resume", _CAN_MAKE, "player-play", False),
}


def _moves(subject: Subject, says: Mapping[str, _Says]) -> dict[str, Kind]:
    aspect = STATES[subject]
    return {
        f"{subject.value}-{event}": Kind(
            subject, verb, effect, icon, _moved(aspect, event),
            sources=aspect.moves[event].sources, is_grave=is_grave, aspect=aspect,
        )
        for event, (verb, effect, icon, is_grave) in says.items()
    }  # fmt: skip


def _moved(aspect: Aspect, event: str) -> Act:
    return lambda row, order: aspect.change(row, event, order.by)


def _plan(subject: Subject, effect: str) -> Kind:
    verb, icon, aspect = "Change the plan of", "arrows-exchange", PLANS[subject]

    def act(row: Any, order: Order) -> None:  # noqa: ANN401  (one of the subject's rows)
        aspect.change(row, order.plan, order.by)

    return Kind(subject, verb, effect, icon, act, needs=Needs.PLAN, aspect=aspect)


def _back(subject: Subject, aspect: Aspect) -> Kind:
    def act(row: Any, order: Order) -> None:  # noqa: ANN401  (one of the subject's rows)
        was = order.was
        if was is None or was.is_stale or aspect.read(row) != was.after:
            raise refuse(BASE, CHANGED_SINCE)
        aspect.restore(row, was.before, order.by)

    return Kind(subject, "Put back", "", "arrow-back-up", act, aspect=aspect)


def _letter(subject: Subject, act: Act, effect: str) -> Kind:
    return Kind(subject, "Send an e-mail to", effect, "mail", act, needs=Needs.LETTER)


CHANGED_SINCE = "Somebody has changed it since"
_TO_ADMINS = "The active admins of each account get it, each account once."

KINDS: Mapping[str, Kind] = {
    **_moves(Subject.ACCOUNTS, _OF_ACCOUNTS),
    "accounts-plan": _plan(
        Subject.ACCOUNTS, "They are on the new account plan at once. They get a mail."
    ),
    "accounts-letter": _letter(Subject.ACCOUNTS, _write_to, _TO_ADMINS),
    **_moves(Subject.APPLICATIONS, _OF_APPLICATIONS),
    "applications-plan": _plan(
        Subject.APPLICATIONS,
        "The new limits hold from the next call; what was used in the current periods counts."
        " Plans that single applications have of their own are dropped.",
    ),
    "applications-letter": _letter(Subject.APPLICATIONS, _write_to_its_account, _TO_ADMINS),
    **_moves(Subject.SUBSCRIPTIONS, _OF_SUBSCRIPTIONS),
    "subscriptions-plan": _plan(
        Subject.SUBSCRIPTIONS, "They are on the new service plan at once. They get a mail."
    ),
    "subscriptions-letter": _letter(Subject.SUBSCRIPTIONS, _write_to_its_account, _TO_ADMINS),
}

# What puts back what a run of another kind has done. Nobody asks for these by ticking rows.
BACK: Mapping[str, Kind] = {
    f"{subject.value}-{aspect.noun}-back": _back(subject, aspect)
    for aspects in (STATES, PLANS)
    for subject, aspect in aspects.items()
}


def kind_of(name: str) -> Kind | None:
    """Return the kind of a run, None for one that this version does not know."""
    return KINDS.get(name) or BACK.get(name)


def back_of(kind: Kind) -> str:
    """Return the kind of run that puts back what runs of this kind do, "" if none can."""
    return "" if kind.aspect is None else f"{kind.subject.value}-{kind.aspect.noun}-back"
