"""Takes what gateways have refused, for the portal to explain (ADR 15).

A gateway sends batches, after its callers were answered. What a token does not cover, or makes no
sense, is left out: there is nobody who could correct it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tollway.authority.gateways import HEADERS, gateway_of, refused
from tollway.authority.wire import Reply
from tollway.store import Store
from tollway.store.notes import List, Refusal, RefusingLimit
from tollway.store.snapshot import Gateway

BATCH_MAX = 500


class _Told(Struct, frozen=True):
    """What this authority has said of the refusal in its answer (``wire.REFUSAL``)."""

    application: Annotated[str, Meta(max_length=255)] = ""
    limits: Annotated[tuple[RefusingLimit, ...], Meta(max_length=20)] = ()


class _Line(Refusal, frozen=True, kw_only=True):
    """A refusal as gateways write it: with its service, and what they were told, as it was."""

    service: str
    told: str = "{}"


_BATCH = msgspec.json.Decoder(list[msgspec.Raw])
_LINE = msgspec.json.Decoder(_Line)
_TOLD = msgspec.json.Decoder(_Told)


class Refusals:
    PATH = "/gateway/v1/refusals"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, authorization: str, body: bytes) -> Reply:
        """Keep a batch, oldest first; answer with how many were. ``StoreUnavailableError``."""
        gateway = await gateway_of(self._store, authorization)
        if isinstance(gateway, Reply):
            return gateway
        try:
            batch = _BATCH.decode(body)
        except (msgspec.MsgspecError, RecursionError):
            return refused(400, "the body must be a JSON array of refusals")
        if len(batch) > BATCH_MAX:
            return refused(400, f"at most {BATCH_MAX} refusals fit in a batch")
        by_service: dict[str, list[Refusal]] = {}
        for raw in batch:
            if (line := _line(raw)) and line.environment in gateway.environments:
                by_service.setdefault(line.service, []).append(_refusal(line))
        kept = [await self._keep(gateway, *each) for each in by_service.items()]
        return Reply(200, HEADERS, msgspec.json.encode({"kept": sum(kept)}))

    async def _keep(self, gateway: Gateway, service_id: str, lines: list[Refusal]) -> int:
        product = await self._store.product(service_id)
        if product is None or gateway.owner not in {None, product.owner}:
            return 0
        await self._store.note(List.REFUSALS, service_id, lines)
        return len(lines)


def _line(raw: msgspec.Raw) -> _Line | None:
    try:
        return _LINE.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _refusal(line: _Line) -> Refusal:
    try:
        told = _TOLD.decode(line.told)
    except (msgspec.MsgspecError, RecursionError):
        told = _Told()
    return Refusal(
        id=line.id,
        at=line.at,
        environment=line.environment,
        method=line.method,
        path=line.path,
        status=line.status,
        reason=line.reason,
        rules=line.rules,
        usage=line.usage,
        application=told.application,
        limits=told.limits,
    )
