"""Setting an organisation's brand and terms, and who accepts these.

Each function is one transaction with one event. Raises ``ValidationError`` by field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import transaction

from tollway.portal.accounts.models import User
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import change, fill, lock, refuse
from tollway.portal.storefront import selectors
from tollway.portal.storefront.logos import LogoError, cleaned
from tollway.portal.storefront.models import Acceptance, Brand, Terms
from tollway.portal.tenants.models import Tenant

_DIGEST_BYTES = 16


@transaction.atomic
def set_colour(tenant: Tenant, colour: str, *, by: Actor) -> None:
    """Set `#rrggbb`, or "" for Tollway's own. One that nobody could read is refused."""
    brand = _brand(tenant)
    before, after = change(brand, {"colour": colour.strip().lower()}, ("colour",))
    if after:
        events.append(tenant, "brand.updated", tenant.pk, by=by, before=before, after=after)


@transaction.atomic
def set_logo(tenant: Tenant, data: bytes, *, by: Actor) -> None:
    """Keep a PNG or an SVG, made harmless; no bytes take the logo away."""
    brand = _brand(tenant)
    try:
        logo = cleaned(data) if data else None
    except LogoError as error:
        raise refuse("logo", str(error)) from error
    before = {"logo": brand.logo_digest}
    brand.logo = logo.content if logo else b""
    brand.logo_type = logo.media_type if logo else ""
    brand.logo_digest = _digest(brand.logo) if logo else ""
    if brand.logo_digest == before["logo"]:
        return
    brand.save()
    after = {"logo": brand.logo_digest}
    events.append(tenant, "brand.updated", tenant.pk, by=by, before=before, after=after)


@transaction.atomic
def set_terms(tenant: Tenant, kind: str, text: str, *, by: Actor) -> None:
    """Put another version in force; "" asks for nothing any more. The same text changes nothing."""
    lock(tenant)
    text = text.replace("\r\n", "\n").strip()
    last = selectors.versions_of(tenant, kind).last()
    if text == (last.text if last else ""):
        return
    terms = Terms(tenant=tenant)
    fill(terms, {"kind": kind, "text": text}, ("kind", "text"))
    terms.save()
    after = {"kind": kind, "version": terms.pk, "asks": bool(text)}
    events.append(tenant, "terms.updated", terms.pk, by=by, after=after)


@transaction.atomic
def accept_terms(user: User, versions: Iterable[Terms], *, by: Actor) -> None:
    """Note that a developer has accepted these versions of the terms."""
    accepted = [Acceptance(tenant=user.tenant, terms=each, user=user) for each in versions]
    if not accepted:
        return
    Acceptance.objects.bulk_create(accepted)
    after = {"versions": [each.terms_id for each in accepted]}
    events.append(user.tenant, "terms.accepted", user.pk, by=by, after=after)


def _brand(tenant: Tenant) -> Brand:
    lock(tenant)
    return Brand.objects.get_or_create(tenant=tenant)[0]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
