"""Service tokens: pairs of a token and the service that it is good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tollway.authority.internal import fields
from tollway.authority.internal.answers import (
    Answer,
    RefusedError,
    created,
    deleted,
    found,
    missing,
)
from tollway.authority.internal.calls import Call, own_service, service_of
from tollway.authority.internal.services import provider_key_of
from tollway.store import keys
from tollway.store.changing import Draft

NO_LIST = "service_tokens: must be a list of objects"
Pair = tuple[str, str]  # token, service id


def post(draft: Draft, call: Call) -> Answer:
    """Register all pairs, or none if one of them is not as it should be."""
    for token, service_id in _given(call.body):
        own_service(draft, service_id)
        digest = draft.keyring.digest("service_token", token)
        draft.do(keys.service_tokens_of(service_id), "SADD", digest)
        draft.do(keys.service_token(digest), "SADD", service_id)
    return created()


def delete(draft: Draft, call: Call) -> Answer:
    """Remove pairs; say how many of them there were."""
    count = 0
    for token, service_id in dict.fromkeys(_named(call.body)):
        digest = draft.keyring.digest("service_token", token)
        if not draft.ask("SISMEMBER", keys.service_token(digest), service_id):
            continue
        draft.owned(service_id)
        draft.do(keys.service_token(digest), "SREM", service_id)
        draft.do(keys.service_tokens_of(service_id), "SREM", digest)
        count += 1
    return deleted(count=count)


def head(draft: Draft, call: Call) -> Answer:
    _check(draft, *call.names)
    return Answer(200, None)


def provider_key(draft: Draft, call: Call) -> Answer:
    """Return the key of the provider whose service a pair is of."""
    _check(draft, *call.names)
    key = provider_key_of(draft, service_of(draft, call.names[1]))
    if key is None:
        raise missing("provider key")
    return found(provider_key=key)


def _check(draft: Draft, token: str, service_id: str) -> None:
    digest = draft.keyring.digest("service_token", token)
    if not draft.ask("SISMEMBER", keys.service_token(digest), service_id):
        raise missing("service token")


def _given(body: Mapping[str, Any]) -> Sequence[Pair]:
    pairs = fields.member(body, "service_tokens")
    if not pairs:
        raise RefusedError(400, "service_tokens: is missing")
    return [_pair(token, fields.member(pairs, token)) for token in pairs]


def _named(body: Mapping[str, Any]) -> Sequence[Pair]:
    found = fields.listed(body, "service_tokens")
    if not found or not all(isinstance(each, dict) for each in found):
        raise RefusedError(400, NO_LIST)
    return [_pair(fields.needed(each, "service_token", 422), each) for each in found]


def _pair(token: str, values: Mapping[str, Any]) -> Pair:
    checked = fields.needed({"service_token": token}, "service_token", 422)
    return checked, fields.needed(values, "service_id", 422)
