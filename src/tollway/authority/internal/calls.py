"""One call of the internal API, and what most of them begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tollway.authority.internal.answers import Answer, missing
from tollway.store.changing import Draft
from tollway.store.notebook import Notebook
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Application, Product
from tollway.store.usage import UsageStreams


class Store(Struct, frozen=True):
    """The store, as calls need it. It belongs to one thread."""

    publisher: Publisher
    notes: Notebook
    usage: UsageStreams

    def close(self) -> None:
        self.publisher.close()  # the others use the same connections


class Call(Struct, frozen=True):
    """``names`` are the parts of the path that its pattern leaves open. ``at`` is now."""

    names: tuple[str, ...]
    body: Mapping[str, Any]
    query: str
    at: int


Handler = Callable[[Store, Call], Answer]


def drafted(step: Callable[[Draft, Call], Answer]) -> Handler:
    """Make a handler of what is one change, or only reads."""
    return lambda store, call: store.publisher.change(lambda draft: step(draft, call))


def service_of(draft: Draft, service_id: str) -> Product:
    """Return a service to read of, whoever has published it."""
    product = draft.product(service_id)
    if product is None:
        raise missing("service")
    return product


def own_service(draft: Draft, service_id: str) -> Product:
    """Return a service to change. Raises ``SourceConflictError`` if it is the portal's."""
    product = draft.owned(service_id)
    if product is None:
        raise missing("service")
    return product


def application_of(draft: Draft, service_id: str, application_id: str) -> Application:
    service_of(draft, service_id)
    found = draft.application(service_id, application_id)
    if found is None:
        raise missing("application")
    return found


def own_application(draft: Draft, service_id: str, application_id: str) -> Application:
    own_service(draft, service_id)
    return application_of(draft, service_id, application_id)
