"""What applications show: user keys, application keys; and referrers that they may come from.

User keys are kept as digests and never told again. Application keys can be asked for, so they are
kept sealed beside their digest (``tollway.store.sealing``).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tollway.authority.internal import fields
from tollway.authority.internal.answers import (
    Answer,
    RefusedError,
    created,
    deleted,
    found,
    missing,
    modified,
)
from tollway.authority.internal.calls import (
    Call,
    application_of,
    own_application,
    own_service,
    service_of,
)
from tollway.store.changing import Draft, without
from tollway.store.snapshot import Application, ApplicationKey

KEY_BYTES = 16  # of a key that we make
EACH_MAX = 1_000  # user keys, keys and filters of one application
_SEAL = "app_key"


def get_by_user_key(draft: Draft, call: Call) -> Answer:
    service_id, key = call.names
    service_of(draft, service_id)
    return found(application={"id": _bearer(draft, service_id, key).id})


def put_user_key(draft: Draft, call: Call) -> Answer:
    """Let a user key be this application's; it is no other's from then on."""
    service_id, id_, key = call.names
    application = own_application(draft, service_id, id_)
    application = _with_user_key(draft, application, key)
    take_user_keys(draft, application)
    draft.put_application(application)
    return modified(application={"id": id_})


def delete_user_key(draft: Draft, call: Call) -> Answer:
    service_id, key = call.names
    own_service(draft, service_id)
    application = _bearer(draft, service_id, key)
    digest = draft.keyring.digest("user_key", service_id, key)
    keys = without(application.user_keys, digest)
    draft.put_application(replace(application, user_keys=keys))
    return deleted()


def get_keys(draft: Draft, call: Call) -> Answer:
    application = application_of(draft, *call.names)
    values = [draft.keyring.unseal(key.sealed, _SEAL).decode() for key in application.keys]
    return found(application_keys=[_key_shown(application, value) for value in values])


def post_key(draft: Draft, call: Call) -> Answer:
    application = own_application(draft, *call.names)
    given = fields.member(call.body, "application_key") if call.body else {}
    value = fields.text(given, "value").strip() or secrets.token_hex(KEY_BYTES)
    draft.put_application(_with_key(draft, application, value))
    return created(application_key=_key_shown(application, value))


def delete_key(draft: Draft, call: Call) -> Answer:
    service_id, id_, value = call.names
    application = own_application(draft, service_id, id_)
    digest = _key_digest(draft, application, value)
    keys = tuple(key for key in application.keys if key.digest != digest)
    if len(keys) == len(application.keys):
        raise missing("application key")
    draft.put_application(replace(application, keys=keys))
    return deleted()


def get_filters(draft: Draft, call: Call) -> Answer:
    return found(referrer_filters=list(application_of(draft, *call.names).referrer_filters))


def post_filter(draft: Draft, call: Call) -> Answer:
    application = own_application(draft, *call.names)
    value = fields.needed(call.body, "referrer_filter")
    draft.put_application(_with_filter(application, value))
    return created(referrer_filter=value)


def delete_filter(draft: Draft, call: Call) -> Answer:
    service_id, id_, encoded = call.names
    application = own_application(draft, service_id, id_)
    value = _decoded(encoded)
    if value not in application.referrer_filters:
        raise missing("referrer filter")
    kept = without(application.referrer_filters, value)
    draft.put_application(replace(application, referrer_filters=kept))
    return deleted()


def added(draft: Draft, application: Application, given: Mapping[str, Any]) -> Application:
    """Return the application with what a line of a batch gives it besides."""
    if key := fields.text(given, "user_key").strip():
        application = _with_user_key(draft, application, key)
    for value in fields.texts(given, "application_keys"):
        application = _with_key(draft, application, value.strip())
    for value in fields.texts(given, "referrer_filters"):
        application = _with_filter(application, value)
    return application


def take_user_keys(draft: Draft, application: Application) -> None:
    """Take the application's user keys from whoever else has them."""
    taken: dict[str, list[bytes]] = {}
    for digest in application.user_keys:
        bearer = draft.bearer(digest)
        if bearer not in {None, application.id}:
            taken.setdefault(str(bearer), []).append(digest)
    for bearer, digests in taken.items():
        other = draft.application(application.service_id, bearer)
        if other is not None:
            left = tuple(d for d in other.user_keys if d not in digests)
            draft.put_record(replace(other, user_keys=left))


def _bearer(draft: Draft, service_id: str, key: str) -> Application:
    digest = draft.keyring.digest("user_key", service_id, key)
    bearer = draft.bearer(digest)
    application = None if bearer is None else draft.application(service_id, bearer)
    if application is None or digest not in application.user_keys:
        raise missing("application")
    return application


def _with_user_key(draft: Draft, application: Application, key: str) -> Application:
    fields.needed({"user_key": key}, "user_key")
    digest = draft.keyring.digest("user_key", application.service_id, key)
    keys = (*without(application.user_keys, digest), digest)
    return replace(application, user_keys=_bounded(keys, "user keys"))


def _with_key(draft: Draft, application: Application, value: str) -> Application:
    digest = _key_digest(draft, application, value)
    if any(key.digest == digest for key in application.keys):
        return application
    key = ApplicationKey(digest, draft.keyring.seal(value.encode(), _SEAL))
    return replace(application, keys=_bounded((*application.keys, key), "application keys"))


def _with_filter(application: Application, value: str) -> Application:
    if value in application.referrer_filters:
        return application
    filters = _bounded((*application.referrer_filters, value), "referrer filters")
    return replace(application, referrer_filters=filters)


def _bounded(values: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    if len(values) > EACH_MAX:
        raise RefusedError(400, f"an application has at most {EACH_MAX} {what}")
    return values


def _key_digest(draft: Draft, application: Application, value: str) -> bytes:
    return draft.keyring.digest("app_key", application.service_id, application.id, value)


def _key_shown(application: Application, value: str) -> Mapping[str, str]:
    return {"service_id": application.service_id, "app_id": application.id, "value": value}


def _decoded(encoded: str) -> str:
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        return base64.b64decode(padded, altchars="-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise RefusedError(400, "the referrer filter must be base64url") from error
