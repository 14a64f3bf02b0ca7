"""Service tokens: one or more of each product, renewed with the old beside the new for a while."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction

from tollway import clock
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Product, ServiceToken
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.fields import BASE, digest, lock, refuse, seal

TOKENS_MAX = 10
RETIRED_AT_ONCE = 100
_SERVICE_TOKEN_BYTES = 32


@transaction.atomic
def create_service_token(product: Product, *, by: Actor) -> ServiceToken:
    """Make another token. Configurations deployed from now on carry it: they take the newest."""
    lock(product)
    if product.service_tokens.count() >= TOKENS_MAX:
        raise refuse(BASE, f"The limit of {TOKENS_MAX} service tokens is reached")
    token = make_service_token(product)
    _append(token, "created", by=by, after=_known(token))
    return token


@transaction.atomic
def renew_service_token(
    token: ServiceToken, *, by: Actor, keep_until: datetime | None = None
) -> ServiceToken:
    """Replace a token by a new one, which is returned.

    The old one is refused from now on or, with ``keep_until``, is good as well until that moment.
    A configuration that was deployed with the old one goes on using it: deploy and promote before
    it ends (``pending.environments_using``).
    """
    product = token.product
    lock(product)
    lock(token)
    if token.expires_at is not None:
        raise refuse(BASE, "The token has been renewed already")
    before, after = _known(token), {}
    if keep_until is None:
        token.delete()
    else:
        if keep_until <= clock.utc_now():
            raise refuse("keep_until", "must be in the future")
        if product.service_tokens.count() >= TOKENS_MAX:
            raise refuse(BASE, f"The limit of {TOKENS_MAX} service tokens is reached")
        token.expires_at = keep_until
        token.save(update_fields=["expires_at", "updated_at"])
        after["old_until"] = keep_until.isoformat()
    new = make_service_token(product)
    _append(new, "renewed", by=by, before=before, after={**_known(new), **after})
    return new


@transaction.atomic
def delete_service_token(token: ServiceToken, *, by: Actor) -> None:
    """Refuse a token from now on. A product keeps one that does not expire."""
    lock(token.product)
    lock(token)
    lasting = token.product.service_tokens.filter(expires_at__isnull=True)
    if token.expires_at is None and lasting.count() == 1:
        raise refuse(BASE, "The last service token cannot be deleted")
    _remove(token, "deleted", by=by)


def retire_service_tokens(at: datetime) -> int:
    """Remove the renewed tokens that end by ``at``, of all tenants; return how many."""
    due = ServiceToken.objects.filter(expires_at__lte=at).order_by("expires_at")
    return sum(_retire(token) for token in due.select_related("product")[:RETIRED_AT_ONCE])


@transaction.atomic
def _retire(token: ServiceToken) -> bool:
    lock(token.product)
    if not selectors.service_tokens_of(token.tenant, token.product).filter(pk=token.pk).exists():
        return False
    _remove(token, "expired", by=SYSTEM)
    return True


def make_service_token(product: Product) -> ServiceToken:
    """Save a token, without an event."""
    value = secrets.token_hex(_SERVICE_TOKEN_BYTES)
    return ServiceToken.objects.create(
        tenant=product.tenant,
        product=product,
        digest=digest("service_token", value),
        value_sealed=seal(value, "service_token"),
    )


def _remove(token: ServiceToken, what: str, *, by: Actor) -> None:
    pk, before = token.pk, _known(token)
    token.delete()
    token.pk = pk
    _append(token, what, by=by, before=before)


def _append(token: ServiceToken, what: str, *, by: Actor, **details: dict[str, Any]) -> None:
    events.append(token.tenant, f"service_token.{what}", token.pk, by=by, **details)


def _known(token: ServiceToken) -> dict[str, Any]:
    """Return what the data planes know a token by, for readers when the row is gone."""
    return {"product_id": token.product_id, "digest": token.digest}
