"""Access tokens. A value is told once, when it is made; what is kept finds it and no more."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import change, digest, fill, lock, refuse

_BYTES = 32

# In which sections a member must be allowed for a token of a scope: any of these (TK1).
_Scope, _Section = AccessToken.Scope, User.Section
SECTIONS_OF_SCOPE: Mapping[str, frozenset[str]] = {
    _Scope.ACCOUNT_MANAGEMENT: frozenset({_Section.PARTNERS, _Section.PLANS, _Section.SETTINGS}),
    _Scope.CMS: frozenset({_Section.PORTAL}),
    _Scope.FINANCE: frozenset({_Section.FINANCE}),
    _Scope.POLICY_REGISTRY: frozenset({_Section.POLICY_REGISTRY}),
    _Scope.STATS: frozenset({_Section.MONITORING}),
}


@transaction.atomic
def create_access_token(user: User, *, by: Actor, value: str = "", **fields: Any) -> str:  # noqa: ANN401
    """Make a token that acts as ``user``; return its value, which is not shown again.

    The user must be allowed what the scopes open. ``fields``: name, permission ("ro" or "rw"),
    scopes (a list), and optionally expires_at. ``value`` is made up if absent.
    """
    value = value or secrets.token_hex(_BYTES)
    token = AccessToken(tenant=user.tenant, user=user, digest=digest("access_token", value))
    fill(token, fields, ("name", "permission", "scopes", "expires_at"))
    _check_scopes(token)
    token.save()
    after = {"name": token.name, "permission": token.permission, "scopes": token.scopes}
    events.append(user.tenant, "access_token.created", token.pk, by=by, after=after)
    return value


@transaction.atomic
def update_access_token(token: AccessToken, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change name, permission or scopes. When it ends is fixed."""
    before, after = change(token, changes, ("name", "permission", "scopes"))
    _check_scopes(token)
    if after:
        kind = "access_token.updated"
        events.append(token.tenant, kind, token.pk, by=by, before=before, after=after)


def _check_scopes(token: AccessToken) -> None:
    user = token.user
    if not all(any(map(user.permitted, SECTIONS_OF_SCOPE[scope])) for scope in token.scopes):
        raise refuse("scopes", "are more than the user is permitted")


@transaction.atomic
def delete_access_token(token: AccessToken, *, by: Actor) -> None:
    lock(token)
    tenant, pk = token.tenant, token.pk
    token.delete()
    events.append(tenant, "access_token.deleted", pk, by=by, before={"name": token.name})
