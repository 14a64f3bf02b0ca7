"""Passes that let the provider's own people into a developer portal that asks for its access code.

A pass is signed, holds for a minute, for one organisation and the code that it has now, and works
once. It travels in the body of a form, never in an address.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core import signing
from django.db import transaction

from tollway import clock
from tollway.portal.fields import digest
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.models import Submission

LASTS = timedelta(minutes=1)
_SALT = "tollway.portal_pass"
_BYTES = 24


def give(tenant: Tenant) -> str:
    """Return a pass to the tenant's developer portal."""
    said = [tenant.pk, _digest(tenant), secrets.token_urlsafe(_BYTES)]
    return signing.dumps(said, salt=_SALT)


@transaction.atomic
def take(tenant: Tenant, value: str) -> bool:
    """Say whether a pass opens the tenant's portal, and use it up."""
    try:
        pk, code, nonce = signing.loads(value, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:  # forged, or too old
        return False
    if (pk, code) != (tenant.pk, _digest(tenant)):
        return False
    at = {"at": clock.utc_now()}
    _, is_first = Submission.objects.get_or_create(tenant=tenant, nonce=nonce, defaults=at)
    return is_first


def _digest(tenant: Tenant) -> str:
    """Return what changes when the code does."""
    return digest("site_access_code", str(tenant.pk), tenant.site_access_code)
