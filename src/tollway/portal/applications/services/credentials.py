"""User keys and application keys: made, replaced, removed; the old beside the new for a while."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tollway import clock
from tollway.portal.applications.models import Application, ApplicationKey, FormerUserKey
from tollway.portal.applications.services.log import append
from tollway.portal.catalog.models import Product
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, INVALID, TAKEN, check, digest, lock, refuse, seal

KEYS_MAX = 5  # in force for good; those that expire do not count
EXPIRING_MAX = 5

_USER_KEY = re.compile(r"[A-Za-z0-9_.~:+/=@-]{1,256}")
_APP_KEY = re.compile(r"[\x21-\x7e]{5,255}")
_USER_KEY_BYTES = 16
_APP_KEY_BYTES = 16
_AT_ONCE = 500
_MODE = Product.BackendVersion


@transaction.atomic
def regenerate_user_key(
    application: Application, *, by: Actor, keep_until: datetime | None = None
) -> None:
    """Replace the user key by a new one.

    The old one is refused from now on or, with ``keep_until``, opens the application as well until
    that moment.
    """
    lock(application)
    replace_user_key(application, secrets.token_hex(_USER_KEY_BYTES), keep_until=keep_until)
    append(application, "user_key_changed", by=by, after=_kept(keep_until))


@transaction.atomic
def remove_former_user_keys(application: Application, *, by: Actor) -> None:
    """Refuse all replaced user keys from now on, whatever they were kept for."""
    lock(application)
    if application.former_user_keys.exists():
        application.former_user_keys.all().delete()
        append(application, "former_user_keys_removed", by=by)


def put_user_key(application: Application, user_key: str) -> None:
    """Set the user key, made up if "", without saving. Raises ``ValidationError``."""
    user_key = user_key or secrets.token_hex(_USER_KEY_BYTES)
    if not _USER_KEY.fullmatch(user_key):
        raise refuse("user_key", INVALID)
    application.user_key_digest = digest("user_key", str(application.product_id), user_key)
    application.user_key_sealed = seal(user_key, "user_key")


def check_user_key(application: Application) -> None:
    """Refuse a key that still opens another application. The row's own check comes before.

    In this order: a key that is replaced by another transaction in between is in one of the two.
    """
    others = FormerUserKey.objects.filter(
        product=application.product_id, digest=application.user_key_digest
    )
    if others.exclude(application=application.pk).exists():
        raise refuse("user_key", TAKEN)


def replace_user_key(
    application: Application, user_key: str, *, keep_until: datetime | None = None
) -> bool:
    """Save another user key of a row that is locked; say whether it is another one."""
    old = application.user_key_digest
    put_user_key(application, user_key)
    if application.user_key_digest == old:
        return False
    check(application)
    check_user_key(application)
    application.save(update_fields=["user_key_digest", "user_key_sealed", "updated_at"])
    application.former_user_keys.filter(digest=application.user_key_digest).delete()
    if keep_until is not None:
        _expect_future(keep_until)
        _expect_room(application.former_user_keys.count())
        FormerUserKey.objects.create(
            tenant=application.tenant, application=application, product=application.product,
            digest=old, expires_at=keep_until,
        )  # fmt: skip
    return True


@transaction.atomic
def add_key(application: Application, *, by: Actor, value: str = "") -> ApplicationKey:
    """Add an application key, made up if absent; at most ``KEYS_MAX``, one with OpenID Connect."""
    lock(application)
    key = make_key(application, value)
    append(application, "key_created", by=by, after={"key_id": key.pk})
    return key


@transaction.atomic
def rotate_key(
    key: ApplicationKey, *, by: Actor, value: str = "", keep_until: datetime | None = None
) -> ApplicationKey:
    """Replace an application key by another, made up if absent; return the new one.

    The old one is removed or, with ``keep_until``, stays valid as well until that moment.
    """
    application, old = key.application, key.pk
    lock(application)
    lock(key)
    if key.expires_at is not None:
        raise refuse(BASE, "The key has been replaced already")
    if keep_until is None:
        key.delete()
    else:
        _expect_future(keep_until)
        _expect_room(application.keys.filter(expires_at__isnull=False).count())
        key.expires_at = keep_until
        key.save(update_fields=["expires_at", "updated_at"])
    new = make_key(application, value)
    after = {"key_id": new.pk, **_kept(keep_until)}
    append(application, "key_updated", by=by, before={"key_id": old}, after=after)
    return new


@transaction.atomic
def remove_key(key: ApplicationKey, *, by: Actor) -> None:
    """Remove an application key. Refused for the last one where the product demands one."""
    application, pk = key.application, key.pk
    lock(application)
    lock(key)
    lasting = application.keys.filter(expires_at__isnull=True)
    if demands_a_key(application.product) and key.expires_at is None and lasting.count() == 1:
        raise refuse(BASE, "The last key cannot be deleted, as the product requires one")
    key.delete()
    append(application, "key_deleted", by=by, before={"key_id": pk})


def make_keys(application: Application, values: list[str]) -> None:
    """Save these keys, or the first one where the product demands one; without an event."""
    if not values and demands_a_key(application.product):
        values = [""]
    for value in values:
        make_key(application, value)


def make_key(application: Application, value: str) -> ApplicationKey:
    """Save one more key, made up if "", without an event."""
    value = value or _random_key()
    if not _APP_KEY.fullmatch(value):
        raise refuse("value", INVALID)
    most = keys_max(application.product)
    if application.keys.filter(expires_at__isnull=True).count() >= most:
        raise refuse(BASE, f"The limit of {most} key{'s' * (most > 1)} is reached")
    key = _new_key(application, value)
    if application.keys.filter(digest=key.digest).exists():
        raise refuse("value", TAKEN)
    key.save()
    return key


def make_first_keys(applications: QuerySet[Application]) -> None:
    """Save a key of its own for each of these applications, which have none; without an event."""
    batch: list[ApplicationKey] = []
    for application in applications.select_related("tenant").iterator(_AT_ONCE):
        batch.append(_new_key(application, _random_key()))
        if len(batch) == _AT_ONCE:
            ApplicationKey.objects.bulk_create(batch)
            batch = []
    ApplicationKey.objects.bulk_create(batch)


def _random_key() -> str:
    return secrets.token_hex(_APP_KEY_BYTES)


def _new_key(application: Application, value: str) -> ApplicationKey:
    parts = (str(application.product_id), application.application_id, value)
    return ApplicationKey(
        tenant=application.tenant,
        application=application,
        digest=digest("app_key", *parts),
        value_sealed=seal(value, "app_key"),
    )


def demands_a_key(product: Product) -> bool:
    """Say whether an application must have a key: a client of OpenID Connect has its secret."""
    if product.backend_version == _MODE.OIDC:
        return True
    return product.mandatory_app_key and product.backend_version == _MODE.APP_ID_AND_KEY


def keys_max(product: Product) -> int:
    return 1 if product.backend_version == _MODE.OIDC else KEYS_MAX


def _kept(until: datetime | None) -> dict[str, Any]:
    return {} if until is None else {"old_until": until.isoformat()}


def _expect_future(moment: datetime) -> None:
    if moment <= clock.utc_now():
        raise refuse("keep_until", "must be in the future")


def _expect_room(expiring: int) -> None:
    if expiring >= EXPIRING_MAX:
        raise refuse(BASE, f"{EXPIRING_MAX} replaced keys are still valid, which is the most")
