"""Users: those of developer accounts, and those of the tenant's own portal with their permissions.

Both are answered alike; the rows of the second are for admins only.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import User
from tollway.portal.api.defined import columns, given_fields
from tollway.portal.api.operation import (
    Call,
    Operation,
    Stuck,
    creating,
    deleting,
    in_section,
    listing,
    moving,
    showing,
    updating,
)
from tollway.portal.api.operations.accounts import account_of
from tollway.portal.api.params import Param, integers, text, texts
from tollway.portal.api.resources.accounts import PERMISSIONS, USER
from tollway.portal.api.runs import Finder, find, remove
from tollway.portal.catalog.selectors import products_of
from tollway.portal.fields import refuse

_DEVELOPERS = "/admin/api/accounts/{account_id}/users"
_ADMINS = "/admin/api/users"
_COLUMNS = columns(Target.USER, without=("username", "email"))


def _narrowed(users: QuerySet[User], call: Call) -> QuerySet[User]:
    wanted = {name: call.given[name] for name in ("state", "role") if call.given.get(name)}
    return users.filter(**wanted)


def _developers(call: Call) -> QuerySet[User]:
    return _narrowed(selectors.users_of(call.tenant, account_of(call)), call)


def _developer(call: Call) -> User:
    return find(selectors.users_of(call.tenant, account_of(call)), pk=call.id())


def _create_developer(call: Call) -> User:
    account, fields = account_of(call), given_fields(call, Target.USER)
    return services.create_user(call.tenant, by=call.by, account=account, **fields)


def _admins(call: Call) -> QuerySet[User]:
    return _narrowed(selectors.users_of(call.tenant, None), call)


def admin_of(call: Call, name: str = "id") -> User:
    return find(selectors.users_of(call.tenant, None), pk=call.id(name))


def _create_admin(call: Call) -> User:
    return services.create_user(call.tenant, by=call.by, **given_fields(call, Target.USER))


def _change(finder: Finder[User]) -> Callable[[Call], User]:
    def run(call: Call) -> User:
        user = finder(call)
        services.update_user(user, by=call.by, **given_fields(call, Target.USER))
        return user

    return run


def _role(finder: Finder[User], role: str) -> Callable[[Call], User]:
    def run(call: Call) -> User:
        user = finder(call)
        services.change_role(user, role, by=call.by)
        return user

    return run


def _move(finder: Finder[User], event: str, *, told_whole: bool) -> Callable[[Call], User | Stuck]:
    """Move the user's state. 3scale tells of some moves that are refused with the whole user."""

    def run(call: Call) -> User | Stuck:
        user = finder(call)
        try:
            services.change_user_state(user, event, by=call.by)
        except ValidationError as error:
            if told_whole and "state" in error.message_dict:
                return Stuck(user, event)
            raise
        return user

    return run


def _rows(path: str, finder: Finder[User], whose: str) -> tuple[Operation, ...]:
    """Return what both kinds have, less list and creation."""
    one = f"{path}/{{id}}"

    def state(name: str, event: str, summary: str, *, told_whole: bool = False) -> Operation:
        run = _move(finder, event, told_whole=told_whole)
        return moving(f"{one}/{name}", summary, USER, run)

    def role(name: str, summary: str) -> Operation:
        return updating(f"{one}/{name}", summary, USER, _role(finder, name))

    return (
        showing(one, f"One user of {whose}", USER, finder),
        updating(
            one,
            "Change a user; a new password ends the user's sessions",
            USER,
            _change(finder),
            params=(text("username"), text("email"), text("password"), *_COLUMNS),
            wrapper="user",
        ),
        deleting(
            one,
            "Remove a user; refused for oneself, and for the last admin",
            remove(finder, services.delete_user),
        ),
        state("activate", "activate", "Let a pending user sign in", told_whole=path != _ADMINS),
        role("admin", "Make the user an admin"),
        role("member", "Make the user a member; refused for the last admin").refusing(422),
        state("suspend", "suspend", "Keep a user from signing in", told_whole=True),
        state("unsuspend", "unsuspend", "Let a suspended user sign in again"),
    )


def _new(path: str, summary: str, run: Callable[[Call], User]) -> Operation:
    params = (
        text("username", required=True),
        text("email", required=True),
        text("password", required=True),
        *_COLUMNS,
    )
    return creating(path, summary, USER, run, params=params, wrapper="user")


def _list(path: str, summary: str, run: Callable[[Call], QuerySet[User]]) -> Operation:
    return listing(path, summary, USER, run, params=(text("state"), text("role")))


def _service_ids(value: object) -> list[int] | None:
    """Read `allowed_service_ids[]=` as no restriction, as an empty text or null is."""
    numbers: list[int] = integers("").parse(value) if value != [""] else []
    return None if value == [""] else numbers


def _sections(value: object) -> list[str]:
    sections: list[str] = texts("").parse(value)
    return [section for section in sections if section]


_PERMISSIONS = (
    Param("allowed_service_ids", "integers", _service_ids, nullable=True),
    Param("allowed_sections", "list", _sections, nullable=True),
)


def _permissions(call: Call) -> User:
    return admin_of(call)


def _set_permissions(call: Call) -> User:
    user, given = admin_of(call), {**call.given}
    if "allowed_sections" in given:
        given["allowed_sections"] = given["allowed_sections"] or []
    wanted = set(given.get("allowed_service_ids") or [])
    if wanted - set(products_of(call.tenant).values_list("pk", flat=True)):
        raise refuse("allowed_service_ids", "are invalid")
    services.update_permissions(user, by=call.by, **given)
    return user


OPERATIONS: tuple[Operation, ...] = (
    *in_section(
        "partners",
        (
            _list(_DEVELOPERS, "Users of an account", _developers),
            _new(_DEVELOPERS, "Add a user to an account: a pending member", _create_developer),
            *_rows(_DEVELOPERS, _developer, "an account"),
            moving(
                f"{_DEVELOPERS}/{{id}}/resume",
                "The same as unsuspend, by the name that a client calls it",
                USER,
                _move(_developer, "unsuspend", told_whole=False),
            ),
        ),
    ),
    _list(_ADMINS, "Users of the admin portal", _admins),
    _new(_ADMINS, "Add a user to the admin portal: a pending member", _create_admin),
    *_rows(_ADMINS, admin_of, "the admin portal"),
    showing(
        f"{_ADMINS}/{{id}}/permissions",
        "Where a user may go; an admin everywhere",
        PERMISSIONS,
        _permissions,
    ),
    updating(
        f"{_ADMINS}/{{id}}/permissions",
        "Set where a member may go, and to which products (null: all, empty list: none)",
        PERMISSIONS,
        _set_permissions,
        params=_PERMISSIONS,
        wrapper="permissions",
    ),
)
