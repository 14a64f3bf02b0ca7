"""Services, and the provider keys that they belong to.

A provider exists as long as it has services. Its default service answers calls that name none: the
first one, unless a later one is saved as the default, or the first as none (section 1).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tollway.authority.internal import fields
from tollway.authority.internal.answers import (
    Answer,
    RefusedError,
    created,
    deleted,
    found,
    missing,
    saved,
)
from tollway.authority.internal.calls import Call, Store, own_service, service_of
from tollway.store import SourceConflictError, keys
from tollway.store.changing import Draft, without
from tollway.store.notes import List
from tollway.store.snapshot import Holding, Owner, Product, Source
from tollway.store.sweeping import sweep_service

SEAL = "provider_key"
DEFAULT_STAYS = "the default service of a provider cannot go while it has others"


class _Provider(msgspec.Struct, frozen=True):
    """An owner with what the internal source knows of it."""

    owner: Owner
    holding: Holding


def get(draft: Draft, call: Call) -> Answer:
    return found(service=_shown(draft, service_of(draft, *call.names)))


def post(store: Store, call: Call) -> Answer:
    given = fields.member(call.body, "service")
    _, shown = _saved(store, fields.identifier(given, "id"), given)
    return created(service=shown)


def put(store: Store, call: Call) -> Answer:
    service_id = fields.identifier({"id": call.names[0]}, "id")
    new, shown = _saved(store, service_id, fields.member(call.body, "service"))
    return saved(new=new, service=shown)


def delete(draft: Draft, call: Call) -> Answer:
    """Remove a service; what is left of its applications is swept up later."""
    product = own_service(draft, *call.names)
    provider = _provider_of(draft, product)
    _leave(draft, provider, product.id)
    draft.remove_service_tokens(product.id)
    for which in List:
        draft.do(keys.notes(which, product.id), "DEL")
    draft.do(keys.REMOVALS, "SADD", product.id)
    draft.do(keys.product(product.id), "DEL")
    return deleted()


def change_provider_key(draft: Draft, call: Call) -> Answer:
    """Give a provider another key; its services stay its own."""
    (old,) = call.names
    new = fields.needed(call.body, "new_key")
    old_digest, new_digest = (draft.keyring.digest("provider_key", key) for key in (old, new))
    provider = _provider(draft, old_digest)
    if provider is None:
        raise missing("provider key")
    if draft.owner(new_digest) is not None:
        raise RefusedError(400, "new_key: is in use already")
    holding = replace(
        provider.holding, digest=new_digest, sealed=draft.keyring.seal(new.encode(), SEAL)
    )
    draft.put_holding(provider.owner.id, holding)
    draft.put_owner(new_digest, provider.owner)
    draft.do(keys.provider(old_digest), "DEL")
    return Answer(200, {"status": "ok"})


def provider_key_of(draft: Draft, product: Product) -> str | None:
    """Return the key in the clear; None of the portal's, which is not to be told."""
    holding = draft.holding(product.owner)
    if holding is None:
        return None
    return draft.keyring.unseal(holding.sealed, SEAL).decode()


def _saved(
    store: Store, service_id: str, given: Mapping[str, Any]
) -> tuple[bool, Mapping[str, Any]]:
    """Create or modify a service: what is not given stays as it is."""

    def step(draft: Draft) -> tuple[bool, Product] | None:
        old = draft.owned(service_id)
        if old is None and draft.ask("SISMEMBER", keys.REMOVALS, service_id):
            return None  # another authority has removed it since it was swept up
        provider = _wanted_provider(draft, old, given)
        if old is not None and old.owner != provider.owner.id:
            _leave(draft, _provider_of(draft, old), service_id)
        product = _product(old or Product(service_id, "", ""), given, provider.owner.id)
        _join(draft, provider, service_id, default=fields.flag(given, "default_service"))
        draft.do(keys.POSITION, "SETNX", 1)  # from here on there is something published
        draft.put_product(product)
        return old is None, product

    done = None
    while done is None:
        sweep_service(store.publisher, service_id)
        done = store.publisher.change(step)
    new, product = done
    return new, store.publisher.change(lambda draft: _shown(draft, product))


def _product(old: Product, given: Mapping[str, Any], owner: str) -> Product:
    required = fields.flag(given, "referrer_filters_required")
    return replace(
        old,
        owner=owner,
        backend_version=fields.text(given, "backend_version", old.backend_version),
        state=fields.text(given, "state", old.state) or "active",
        referrer_filters_required=old.referrer_filters_required if required is None else required,
    )


def _shown(draft: Draft, product: Product) -> Mapping[str, Any]:
    holding = draft.holding(product.owner)
    owner = draft.owner(holding.digest) if holding else None
    return {
        "id": product.id,
        "provider_key": provider_key_of(draft, product),
        "backend_version": product.backend_version or None,
        "referrer_filters_required": product.referrer_filters_required,
        "state": product.state,
        "default_service": owner is not None and owner.default_service_id == product.id,
    }


def _wanted_provider(draft: Draft, old: Product | None, given: Mapping[str, Any]) -> _Provider:
    """Return the provider of a service that is being saved: by its key, or as it was."""
    if old is not None and "provider_key" not in given:
        return _provider_of(draft, old)
    key = fields.needed(given, "provider_key")
    digest = draft.keyring.digest("provider_key", key)
    return _provider(draft, digest) or _Provider(
        Owner(f"internal-{secrets.token_hex(8)}", source=Source.INTERNAL),
        Holding(digest, draft.keyring.seal(key.encode(), SEAL)),
    )


def _provider(draft: Draft, digest: bytes) -> _Provider | None:
    owner = draft.owner(digest)
    if owner is None:
        return None
    holding = draft.holding(owner.id)
    if owner.source is not Source.INTERNAL or holding is None:
        raise SourceConflictError("this provider key is a tenant's of the portal")
    return _Provider(owner, holding)


def _provider_of(draft: Draft, product: Product) -> _Provider:
    holding = draft.holding(product.owner)
    provider = _provider(draft, holding.digest) if holding else None
    if provider is None:
        raise missing("provider key")
    return provider


def _join(draft: Draft, provider: _Provider, service_id: str, *, default: bool | None) -> None:
    owner, holding = provider.owner, provider.holding
    if service_id not in holding.services:
        holding = replace(holding, services=(*holding.services, service_id))
    if default or (default is None and owner.default_service_id is None):
        owner = replace(owner, default_service_id=service_id)
    elif default is False and owner.default_service_id == service_id:
        owner = replace(owner, default_service_id=None)
    draft.put_holding(owner.id, holding)
    draft.put_owner(holding.digest, owner)


def _leave(draft: Draft, provider: _Provider, service_id: str) -> None:
    """Take a service from its provider, which goes with its last one."""
    owner, holding = provider.owner, provider.holding
    left = without(holding.services, service_id)
    if left and owner.default_service_id == service_id:
        raise RefusedError(400, DEFAULT_STAYS)
    if left:
        draft.put_holding(owner.id, replace(holding, services=left))
        return
    draft.do(keys.holding(owner.id), "DEL")
    draft.do(keys.provider(holding.digest), "DEL")
