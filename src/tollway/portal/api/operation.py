"""What the API can do, as values: an ``Operation`` is one row; everything else follows from it.

URL, parsing, permissions, XML, JSON, errors, the documentation's table and the isolation test all
read these rows. The constructors below name the usual kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.api.params import Param
from tollway.portal.api.resource import Resource
from tollway.portal.events.actors import Actor
from tollway.portal.tenants.models import Tenant

ACCOUNT_MANAGEMENT = frozenset({"account_management"})
PER_PAGE_MAX = 500


class Caller(Struct, frozen=True):
    """Who asks. ``user`` None: the tenant itself, by its provider key, which may do everything."""

    tenant: Tenant
    user: User | None
    scopes: frozenset[str] | None  # None: all
    read_only: bool
    actor: Actor

    @property
    def may_manage(self) -> bool:
        """Whether the user behind a token may do what their token may. Members may nothing yet."""
        return self.user is None or self.user.role == User.Role.ADMIN

    def may(self, operation: Operation) -> bool:
        """Say whether the token's permission and scopes cover the operation."""
        if self.read_only and operation.method != "GET":
            return False
        return self.scopes is None or bool(self.scopes & operation.scopes)


class Call(Struct, frozen=True):
    """One request, parsed. ``ids`` come from the path, ``given`` from anywhere else."""

    caller: Caller
    ids: Mapping[str, str]
    given: Mapping[str, Any]

    @property
    def tenant(self) -> Tenant:
        return self.caller.tenant

    @property
    def by(self) -> Actor:
        return self.caller.actor

    def id(self, name: str = "id") -> int:
        """Return an id of the path. The router only lets digits through."""
        return int(self.ids[name])


class Failure(Struct, frozen=True):
    """A refusal that is neither about a field nor a missing object: one message and its status."""

    status: int
    message: str


class Operation(Struct, frozen=True):
    """One row. ``run`` returns the object, the query of a list, or a ``Failure``.

    ``path`` names its variables in braces. ``wrapper`` is the name that fields may stand under.
    ``document`` marks an answer that is written as it is, in JSON only. ``insist`` names parameters
    whose absence is a malformed request (400), not an invalid object (422).
    """

    method: str
    path: str
    summary: str
    run: Callable[[Call], Any]
    resource: Resource | None = None
    params: Sequence[Param] = ()
    wrapper: str = ""
    status: int = 200
    many: bool = False
    paginated: bool = False
    document: bool = False
    insist: tuple[str, ...] = ()
    scopes: frozenset[str] = ACCOUNT_MANAGEMENT

    @property
    def json_only(self) -> bool:
        return self.document or (self.resource is not None and self.resource.xml is None)


def listing(
    path: str,
    summary: str,
    resource: Resource,
    run: Callable[[Call], Any],
    *,
    params: Sequence[Param] = (),
    paginated: bool = False,
) -> Operation:
    return Operation(
        "GET", path, summary, run, resource, params=params, many=True, paginated=paginated
    )


def showing(
    path: str,
    summary: str,
    resource: Resource,
    run: Callable[[Call], Any],
    *,
    params: Sequence[Param] = (),
) -> Operation:
    return Operation("GET", path, summary, run, resource, params=params)


def creating(
    path: str,
    summary: str,
    resource: Resource,
    run: Callable[[Call], Any],
    *,
    params: Sequence[Param] = (),
    wrapper: str = "",
) -> Operation:
    return Operation("POST", path, summary, run, resource, params, wrapper, status=201)


def updating(
    path: str,
    summary: str,
    resource: Resource,
    run: Callable[[Call], Any],
    *,
    params: Sequence[Param] = (),
    wrapper: str = "",
) -> Operation:
    """Answers PUT and PATCH; state changes (`PUT .../suspend`) are rows of this kind too."""
    return Operation("PUT", path, summary, run, resource, params, wrapper)


def deleting(path: str, summary: str, run: Callable[[Call], Any]) -> Operation:
    return Operation("DELETE", path, summary, run)
