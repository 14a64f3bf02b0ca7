"""What the API can do, as values: an ``Operation`` is one row; everything else follows from it.

URL, parsing, permissions, XML, JSON, errors, the documentation's table and the isolation test all
read these rows. The constructors below name the usual kinds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.api.params import Param
from tollway.portal.api.resource import Resource
from tollway.portal.events.actors import Actor
from tollway.portal.tenants.models import Tenant

ACCOUNT_MANAGEMENT = frozenset({"account_management"})
PER_PAGE_MAX = 500

_VARIABLE = re.compile(r"\{(\w+)\}")


class Caller(Struct, frozen=True):
    """Who asks. ``user`` None: the tenant itself, by its provider key, which may do everything."""

    tenant: Tenant
    user: User | None
    scopes: frozenset[str] | None  # None: all
    read_only: bool
    actor: Actor

    def may(self, operation: Operation) -> bool:
        """Say whether the user behind a token may: admins everything, members by their sections."""
        if self.user is None or self.user.is_admin or operation.section == "":
            return True
        return operation.section is not None and self.user.permitted(operation.section)

    def token_covers(self, operation: Operation) -> bool:
        """Say whether the token's permission and scopes cover the operation."""
        if self.read_only and operation.method != "GET":
            return False
        return self.scopes is None or bool(self.scopes & operation.scopes)


class Call(Struct, frozen=True):
    """One request, parsed. ``ids`` come from the path, ``given`` from anywhere else.

    ``sent`` is all that came from there, for names that no row can declare. ``origin`` is scheme,
    host and port as the caller sees them.
    """

    caller: Caller
    ids: Mapping[str, str]
    given: Mapping[str, Any]
    sent: Mapping[str, Any] = {}
    origin: str = ""

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


class Stuck(Struct, frozen=True):
    """A move that the state of ``obj`` does not allow. Some are told with the whole object."""

    obj: Any
    event: str


class Operation(Struct, frozen=True):
    """One row. ``run`` returns the object, the query of a list, a ``Failure`` or ``Stuck``.

    ``path`` names its variables in braces. ``wrapper`` is the name that fields may stand under.
    ``document`` marks an answer that is written as it is, in JSON only. ``insist`` names parameters
    whose absence is a malformed request (400), not an invalid object (422). ``section`` is the
    member permission that it needs: "" for none, None for what only admins may. ``master`` rows
    are answered on the operator's host, and nowhere else. ``errors`` are statuses that ``run`` may
    give beyond those that follow from the row.
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
    section: str | None = None
    master: bool = False
    errors: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def variables(self) -> list[str]:
        return _VARIABLE.findall(self.path)

    @property
    def refusals(self) -> list[int]:
        """Return every status below 500 that is not a success, for whoever documents or tests it.

        A body that cannot be read, a credential, a format and a size may be wrong anywhere.
        """
        statuses = {400, 403, 406, 413, *self.errors}
        if self.master:
            statuses.add(401)
        if self.variables:
            statuses.add(404)
        if self.params:
            statuses.add(422)
        if self.method != "GET":
            statuses.add(409)
        return sorted(statuses)

    def refusing(self, *errors: int) -> Operation:
        """Return the row with further statuses that ``run`` may give."""
        return msgspec.structs.replace(self, errors=(*self.errors, *errors))

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
    """Answers PUT and PATCH."""
    return Operation("PUT", path, summary, run, resource, params, wrapper)


def moving(path: str, summary: str, resource: Resource, run: Callable[[Call], Any]) -> Operation:
    """Change a state (`PUT .../suspend`), which the state that it is in may not allow."""
    return updating(path, summary, resource, run).refusing(422)


def deleting(path: str, summary: str, run: Callable[[Call], Any]) -> Operation:
    return Operation("DELETE", path, summary, run)


def in_section(section: str, rows: Iterable[Operation], **changes: Any) -> tuple[Operation, ...]:  # noqa: ANN401
    """Let members do all of ``rows`` who have the permission ``section`` ("": every member)."""
    return tuple(msgspec.structs.replace(row, section=section, **changes) for row in rows)


def by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    """Return each path's operations by method. PUT and PATCH are one verb unless rows differ."""
    paths: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method] = operation
    for methods in paths.values():
        for verb, twin in (("PUT", "PATCH"), ("PATCH", "PUT")):
            if twin in methods:
                methods.setdefault(verb, methods[twin])
    return dict(paths)
