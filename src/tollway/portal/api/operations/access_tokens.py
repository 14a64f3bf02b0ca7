"""Access tokens: the caller's own, and those that an admin makes for others."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.accounts.notifications import switches
from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.users import admin_of
from tollway.portal.api.params import boolean, moment, text, texts
from tollway.portal.api.resources.accounts import (
    ACCESS_TOKEN,
    NEW_ACCESS_TOKEN,
    NOTIFICATION_PREFERENCES,
    NewToken,
)
from tollway.portal.api.runs import Finder, remove

_TOKENS = "/admin/api/personal/access_tokens"
_TOKEN = f"{_TOKENS}/{{token}}"
_NOTIFICATIONS = "/admin/api/personal/notification_preferences"
_ID_DIGITS_MAX = 18

_FIELDS = (
    text("name", required=True),
    text("permission", required=True),
    texts("scopes", required=True),
    moment("expires_at"),
)


def _me(call: Call) -> User:
    """Return the caller; a provider key is nobody's, so nothing personal is there for it."""
    if call.caller.user is None:
        raise Http404
    return call.caller.user


def _tokens(call: Call) -> QuerySet[AccessToken]:
    tokens = selectors.access_tokens_of(call.tenant, _me(call))
    return tokens.filter(name=call.given["name"]) if call.given.get("name") else tokens


def _token(call: Call) -> AccessToken:
    """Find a token of the caller's by its id, or by its value."""
    wanted, tokens = call.ids["token"], selectors.access_tokens_of(call.tenant, _me(call))
    if wanted.isdigit() and len(wanted) <= _ID_DIGITS_MAX:
        found = tokens.filter(pk=int(wanted)).first()
    else:
        known = selectors.access_token_by_value(call.tenant, wanted)
        found = tokens.filter(pk=known.pk).first() if known is not None else None
    if found is None:
        raise Http404
    return found


def _create(finder: Finder[User]) -> Callable[[Call], NewToken]:
    """Make a token for whom ``finder`` finds."""

    def run(call: Call) -> NewToken:
        value = services.create_access_token(finder(call), by=call.by, **call.given)
        token = selectors.access_token_by_value(call.tenant, value)
        if token is None:
            raise Http404  # removed again in the meantime
        return NewToken(token, value)

    return run


def _user(call: Call) -> User:
    return admin_of(call, "user_id")


def _notifications(call: Call) -> dict[str, bool]:
    return switches(_me(call).notifications)


def _switch_notifications(call: Call) -> dict[str, bool]:
    user = _me(call)
    services.update_notifications(user, by=call.by, **call.given)
    return switches(user.notifications)


OPERATIONS: tuple[Operation, ...] = (
    *in_section(
        "",
        (
            listing(
                _TOKENS, "My access tokens", ACCESS_TOKEN, _tokens, params=(text("name"),)
            ).refusing(404),
            creating(
                _TOKENS,
                "Make an access token; its value is told only now",
                NEW_ACCESS_TOKEN,
                _create(_me),
                params=_FIELDS,
                wrapper="token",
            ).refusing(404),
            showing(
                _TOKEN,
                "One of my access tokens, by id or value; its value is not told",
                ACCESS_TOKEN,
                _token,
            ),
            deleting(
                _TOKEN, "Revoke an access token", remove(_token, services.delete_access_token)
            ),
            showing(
                _NOTIFICATIONS, "Which mails I get", NOTIFICATION_PREFERENCES, _notifications
            ).refusing(404),
            updating(
                _NOTIFICATIONS,
                "Choose which mails I get",
                NOTIFICATION_PREFERENCES,
                _switch_notifications,
                params=tuple(map(boolean, NOTIFICATION_PREFERENCES.json)),
                wrapper="notification_preferences",
            ).refusing(404),
        ),
    ),
    creating(
        "/admin/api/users/{user_id}/access_tokens",
        "Make an access token for another user of the admin portal",
        NEW_ACCESS_TOKEN,
        _create(_user),
        params=_FIELDS,
        wrapper="token",
    ),
    updating(
        "/admin/api/providers/{user_id}/access_tokens",
        "The same, as a client asks for it",
        NEW_ACCESS_TOKEN,
        _create(_user),
        params=_FIELDS,
        wrapper="token",
    ),
)
