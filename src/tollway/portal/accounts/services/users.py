"""Users of accounts and of the tenant's own portal: made, changed, moved between states and roles.

Of either kind there is always an admin left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tollway.portal.accounts.fields_definitions import Target, checked
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.notifications import DEFAULTS
from tollway.portal.accounts.selectors import admins_of
from tollway.portal.accounts.signup import USER_FIELDS, expect, make_user, set_password
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, Move, NoRoomError, change, lock, move, refuse
from tollway.portal.tenants.models import Tenant

USER_MOVES = {
    "activate": Move(frozenset({"pending"}), "active", "activated"),
    "suspend": Move(frozenset({"active"}), "suspended", "suspended"),
    "unsuspend": Move(frozenset({"suspended"}), "active", "unsuspended"),
}
NOT_FOR_SUPPORT = "is not for somebody who acts as a developer"


@transaction.atomic
def create_user(
    tenant: Tenant,
    *,
    by: Actor,
    account: Account | None = None,
    **fields: Any,  # noqa: ANN401
) -> User:
    """Make a pending member: of ``account``, or without one of the tenant's own portal.

    ``fields``: username, and optionally password and every other field of users.
    """
    expect(fields)
    if account is None:
        expect_room(tenant)
    user = make_user(
        tenant, fields, account=account, state=User.State.PENDING, role=User.Role.MEMBER
    )
    after = {"username": user.username, "account_id": user.account_id}
    events.append(tenant, "user.created", user.pk, by=by, after=after)
    return user


def expect_room(tenant: Tenant, *, invited: int = 0) -> None:
    """Refuse one more user of the tenant's own portal where the operator allows no more.

    ``invited`` have a place kept. Others cannot add one until the transaction ends.
    """
    lock(tenant)
    most = tenant.max_users
    if most is not None and admins_of(tenant).count() + invited >= most:
        raise NoRoomError(f"The limit of {most} users is reached")


@transaction.atomic
def update_user(user: User, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``USER_FIELDS``, ``extra_fields``, or the password, which ends sessions."""
    lock(user)
    password = changes.pop("password", None)
    if password and by.on_behalf_of:
        raise refuse("password", NOT_FOR_SUPPORT)
    changes = checked(user.tenant, Target.USER, changes, user.extra_fields)
    before, after = change(user, changes, (*USER_FIELDS, "extra_fields"))
    if password:
        set_password(user, password)
        user.save(update_fields=["password", "updated_at"])
        after["password"] = "changed"  # noqa: S105  (that it did, not to what)
    if after:
        _append(user, "updated", by=by, before=before, after=after)


@transaction.atomic
def delete_user(user: User, *, by: Actor) -> None:
    """Remove a user with their tokens. Refused for oneself, and for the last admin."""
    _lock_with_others(user)
    if by.on_behalf_of:
        raise refuse(BASE, NOT_FOR_SUPPORT)
    if (by.kind, by.id) == ("user", str(user.pk)):
        raise refuse(BASE, "Users cannot delete themselves")
    if _is_last_admin(user):
        raise refuse(BASE, "The last admin cannot be deleted")
    tenant, pk = user.tenant, user.pk
    before = {"username": user.username, "account_id": user.account_id}
    user.delete()
    events.append(tenant, "user.deleted", pk, by=by, before=before)


@transaction.atomic
def change_user_state(user: User, event: str, *, by: Actor) -> None:
    """Do one of ``USER_MOVES``. Only an active user signs in, and only their tokens open."""
    _lock_with_others(user)
    if event == "suspend" and user.account is None and _is_last_admin(user):
        raise refuse(BASE, "The last admin cannot be suspended")
    moved = move(user, event, USER_MOVES)
    _append(user, moved.done, by=by, before=moved.before, after=moved.after)


@transaction.atomic
def change_role(user: User, role: str, *, by: Actor) -> None:
    """Make the user an "admin" or a "member". The last admin stays one."""
    _lock_with_others(user)
    if role != User.Role.ADMIN and _is_last_admin(user):
        raise refuse("role", "cannot be changed for the last admin")
    before, after = change(user, {"role": role}, ("role",))
    if after:
        _append(user, "role_changed", by=by, before=before, after=after)


@transaction.atomic
def update_permissions(user: User, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Set where a member may go: allowed_sections, and allowed_service_ids (None: all products).

    An admin may go everywhere; what is set counts once they are a member.
    """
    before, after = change(user, changes, ("allowed_sections", "allowed_service_ids"))
    if after:
        _append(user, "permissions_changed", by=by, before=before, after=after)


@transaction.atomic
def update_notifications(user: User, *, by: Actor, **changes: bool) -> None:
    """Move the switches of ``notifications.DEFAULTS`` that are named."""
    if unknown := set(changes) - set(DEFAULTS):
        raise TypeError(f"there is no notification {', '.join(sorted(unknown))}")
    lock(user)
    moved = {"notifications": {**user.notifications, **changes}}
    before, after = change(user, moved, ("notifications",))
    if after:
        _append(user, "notifications_changed", by=by, before=before, after=after)


def _lock_with_others(user: User) -> None:
    """Keep two admins from removing each other: who changes admins locks what they are of."""
    lock(user.account if user.account is not None else user.tenant)
    lock(user)


def _is_last_admin(user: User) -> bool:
    admins = User.objects.filter(
        tenant=user.tenant, account=user.account, role=User.Role.ADMIN, state=User.State.ACTIVE
    )
    return user.is_admin and not admins.exclude(pk=user.pk).exists()


def _append(user: User, what: str, *, by: Actor, **told: Mapping[str, Any]) -> None:
    events.append(user.tenant, f"user.{what}", user.pk, by=by, **told)
