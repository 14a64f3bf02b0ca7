"""Removes what the internal source has marked: applications of services that are gone, counters.

A service can have many applications. So it goes at once, with a mark, and what is left of it goes
some applications at a time: whoever comes by next goes on where a process was killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tollway.store import keys
from tollway.store.changing import Draft
from tollway.store.publishing import Publisher

AT_ONCE = 100


def sweep(publisher: Publisher) -> bool:
    """Remove a part of what is marked; tell whether there may be more."""

    def marked(key: str) -> str | None:
        found = publisher.change(lambda draft: draft.ask("SRANDMEMBER", key))
        return None if found is None else found.decode()

    if (service_id := marked(keys.REMOVALS)) is not None:
        _remove_applications(publisher, service_id)
        return True
    if (service_id := marked(keys.RESETS)) is not None:
        _reset(publisher, service_id)
        return True
    return False


def sweep_service(publisher: Publisher, service_id: str) -> None:
    """Remove all that is left of a service that was removed, before it comes again."""
    while publisher.change(lambda draft: draft.ask("SISMEMBER", keys.REMOVALS, service_id)):
        _remove_applications(publisher, service_id)


def _remove_applications(publisher: Publisher, service_id: str) -> None:
    """Remove some applications, or, if there are none, the mark.

    Of a service that the portal has published meanwhile nothing is removed.
    """
    some = publisher.change(partial(_some, service_id))
    for id_ in some:
        publisher.change(partial(_remove, service_id, id_.decode()))
    if not some:
        publisher.change(partial(_finish, service_id))


def _some(service_id: str, draft: Draft) -> list[bytes]:
    if draft.product(service_id) is not None:
        return []
    found: list[bytes] = draft.ask("SRANDMEMBER", keys.applications_of(service_id), AT_ONCE)
    return found


def _remove(service_id: str, id_: str, draft: Draft) -> None:
    application = draft.application(service_id, id_)
    if application is None:
        draft.do(keys.applications_of(service_id), "SREM", id_)
    elif draft.product(service_id) is None:
        draft.remove_application(application)


def _finish(service_id: str, draft: Draft) -> None:
    if draft.product(service_id) is None:
        draft.remove_service_tokens(service_id)
    draft.do(keys.REMOVALS, "SREM", service_id)


def _reset(publisher: Publisher, service_id: str) -> None:
    """Remove the counters of all applications, some in one step, and the mark at the end."""

    def remove(ids: Sequence[bytes], draft: Draft) -> None:
        for id_ in ids:
            draft.do(keys.application(service_id, id_.decode()).cells, "UNLINK")

    key = keys.applications_of(service_id)
    every = list(publisher.change(lambda draft: draft.ask("SMEMBERS", key)))
    for first in range(0, len(every), AT_ONCE):
        publisher.change(partial(remove, every[first : first + AT_ONCE]))
    publisher.change(lambda draft: draft.do(keys.RESETS, "SREM", service_id))
