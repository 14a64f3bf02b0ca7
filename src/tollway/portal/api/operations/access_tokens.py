"""Access tokens of the user whose token makes the call."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.api.operation import Call, Operation, creating, deleting, listing, showing
from tollway.portal.api.params import moment, text, texts
from tollway.portal.api.resources.accounts import ACCESS_TOKEN, NEW_ACCESS_TOKEN, NewToken
from tollway.portal.api.runs import find, remove

_TOKENS = "/admin/api/personal/access_tokens"
_TOKEN = f"{_TOKENS}/{{id}}"


def _me(call: Call) -> User:
    """Return the caller; a provider key is nobody's, so nothing personal is there for it."""
    if call.caller.user is None:
        raise Http404
    return call.caller.user


def _tokens(call: Call) -> QuerySet[AccessToken]:
    tokens = selectors.access_tokens_of(call.tenant, _me(call))
    return tokens.filter(name=call.given["name"]) if call.given.get("name") else tokens


def _token(call: Call) -> AccessToken:
    return find(selectors.access_tokens_of(call.tenant, _me(call)), pk=call.id())


def _create(call: Call) -> NewToken:
    value = services.create_access_token(_me(call), by=call.by, **call.given)
    token = selectors.access_token_by_value(call.tenant, value)
    if token is None:
        raise Http404  # removed again in the meantime
    return NewToken(token, value)


OPERATIONS: tuple[Operation, ...] = (
    listing(_TOKENS, "My access tokens", ACCESS_TOKEN, _tokens, params=(text("name"),)),
    creating(
        _TOKENS,
        "Make an access token; its value is told only now",
        NEW_ACCESS_TOKEN,
        _create,
        params=(
            text("name", required=True),
            text("permission", required=True),
            texts("scopes", required=True),
            moment("expires_at"),
        ),
        wrapper="token",
    ),
    showing(_TOKEN, "One of my access tokens, without its value", ACCESS_TOKEN, _token),
    deleting(_TOKEN, "Revoke an access token", remove(_token, services.delete_access_token)),
)
