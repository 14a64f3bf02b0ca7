"""The usual ways to run an operation, from the function that finds its object and a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from tollway.portal.api.operation import Call
from tollway.portal.fields import refuse

M = TypeVar("M", bound=Model)

Finder = Callable[[Call], M]
Service = Callable[..., object]


def find(query: QuerySet[M], **wanted: object) -> M:
    """Return the one row; the query has been narrowed to the caller's tenant. Raises Http404."""
    row = query.filter(**wanted).first()
    if row is None:
        raise Http404
    return row


def chosen(query: QuerySet[M], field: str, pk: object) -> M:
    """Return the row that a parameter names, not the path. Raises ``ValidationError``."""
    row = query.filter(pk=pk).first()
    if row is None:
        raise refuse(field, "does not exist")
    return row


def change(finder: Finder[M], service: Service) -> Callable[[Call], M]:
    """Find the object, let the service change what was given, answer with the object."""

    def run(call: Call) -> M:
        row = finder(call)
        service(row, by=call.by, **call.given)
        return row

    return run


def transition(finder: Finder[M], service: Service, event: str) -> Callable[[Call], M]:
    """Find the object, let the service move its state, answer with the object."""

    def run(call: Call) -> M:
        row = finder(call)
        service(row, event, by=call.by)
        return row

    return run


def remove(finder: Finder[M], service: Service) -> Callable[[Call], None]:
    """Find the object and let the service remove it; there is nothing to answer with."""

    def run(call: Call) -> None:
        service(finder(call), by=call.by)

    return run
