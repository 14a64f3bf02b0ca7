"""What recording finds out and others may want to know: told to the log when all is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM
from tollway.portal.tenants.models import Tenant


class Happening(Struct, frozen=True):
    """One event to be; ``kind`` as in the log, ``object_id`` an application's."""

    tenant: Tenant
    kind: str
    object_id: int
    after: Mapping[str, Any]


def tell(happenings: Iterable[Happening]) -> None:
    """Append them to the log, as the last statements of their transaction."""
    for each in happenings:
        events.append(each.tenant, each.kind, each.object_id, by=SYSTEM, after=each.after)
