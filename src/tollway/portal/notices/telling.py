"""Who is told of a business change: a developer's account, or admins who have asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.notifications import switches
from tollway.portal.events.models import Event
from tollway.portal.mail.letters import Value


class Told(Struct, frozen=True):
    """``users`` are of one side."""

    users: Iterable[User]
    values: Mapping[str, Value]


class Notice(Struct, frozen=True):
    template: str
    told: Callable[[Event], Told | None]


def active_admins(account: Account) -> list[User]:
    users = accounts.users_of(account.tenant, account)
    return list(users.filter(role=User.Role.ADMIN, state=User.State.ACTIVE).exclude(email=""))


def wishing(event: Event, notification: str, section: str = User.Section.PARTNERS) -> list[User]:
    """Return the tenant's own users who have asked to be told of this."""
    users = accounts.admins_of(event.tenant).filter(state=User.State.ACTIVE).exclude(email="")
    return [
        user
        for user in users
        if switches(user.notifications)[notification] and user.permitted(section)
    ]


def who_may_see(product_id: int, users: Iterable[User]) -> list[User]:
    return [
        user
        for user in users
        if (allowed := user.allowed_products()) is None or product_id in allowed
    ]


def is_by_account(event: Event, account: Account) -> bool:
    """Say whether one of the account's own users has done it."""
    if event.actor_kind != "user":
        return False
    return accounts.users_of(event.tenant, account).filter(pk=event.actor_id).exists()
