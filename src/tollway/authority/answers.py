"""What the authority can answer: a closed list, with the codes and texts of the wire.

``Rejected`` is a request that could not be decided (an error document, 4xx); ``Denied`` a decision
against the call, which the same status document carries as a consent (409, 200).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tollway.authority.texts import PlanText
from tollway.core.limits import Headroom, Report
from tollway.store.notes import RefusingLimit


class Rejected(Struct, frozen=True):
    """``code`` "" is an answer without a document."""

    status: int
    code: str
    message: str


class Denied(Struct, frozen=True):
    code: str
    reason: str


class OAuthApplication(Struct, frozen=True):
    id: str
    key: str
    redirect_url: str
    redirect_name: str


class AppKeys(Struct, frozen=True):
    application_id: str
    service_id: str
    keys: Sequence[str]


class Status(Struct, frozen=True):
    """A decision: a consent, or ``denied``. ``reports`` belong to the limits of ``text``, in order.

    ``caller`` is the application's id, and ``refusing`` the limits that refuse: for ``explain``.
    """

    plan: str
    denied: Denied | None = None
    text: PlanText | None = None
    reports: Sequence[Report] = ()
    headroom: Headroom | None = None
    application: OAuthApplication | None = None
    app_keys: AppKeys | None = None
    caller: str = ""
    refusing: Sequence[RefusingLimit] = ()


class Accepted(Struct, frozen=True):
    """A batch was taken. ``uncounted`` says why nothing of it counts, None if all of it does."""

    uncounted: Rejected | None = None


def malformed(message: str) -> Rejected:
    return Rejected(400, "bad_request", message)


def content_type_invalid(media_type: str) -> Rejected:
    return Rejected(400, "content_type_invalid", f"invalid Content-Type: {media_type}")


TRANSACTIONS_BLANK = Rejected(400, "transactions_is_blank", "transactions parameter is blank")
TRANSACTIONS_FORMAT = Rejected(400, "transactions_format_invalid", "transactions format is invalid")
TRANSACTIONS_NIL = Rejected(
    400, "transactions_has_nil_transaction", "transactions has a nil transaction"
)
END_USERS = Rejected(
    400,
    "end_users_no_longer_supported",
    "End-users are no longer supported, do not specify the user_id parameter",
)
USAGE_NOT_A_HASH = Rejected(403, "", "")
CREDENTIALS_REQUIRED = Rejected(
    403, "provider_key_or_service_token_required", "Provider key or service token are required"
)
BOTH_CREDENTIALS = Rejected(
    403, "authentication_error", "either app_id or user_key is allowed, not both"
)
USER_KEY_MISSING = Rejected(403, "user_key_invalid", "user key is missing")
APP_ID_MISSING = Rejected(404, "application_not_found", "application id is missing")
SERVICE_ID_MISSING = Rejected(422, "service_id_missing", "Service ID is missing")
NOT_UTF8 = Rejected(422, "not_valid_data", "all data must be valid UTF8")
TIMESTAMP_OLD = Rejected(
    400,
    "transaction_timestamp_too_old",
    "reporting transactions older than 86400 seconds is not allowed",
)
TIMESTAMP_NEW = Rejected(
    400,
    "transaction_timestamp_too_new",
    "reporting transactions more than 3600 seconds in the future is not allowed",
)
KEY_INVALID = Rejected(
    400,
    "idempotency_key_invalid",
    "the Idempotency-Key must have 1 to 255 printable ASCII characters",
)
KEY_REUSED = Rejected(
    422, "idempotency_key_reused", "the Idempotency-Key has been used for another report"
)
UNAVAILABLE = Rejected(503, "unavailable", "the service is unavailable, try again")


def provider_key_invalid(key: str) -> Rejected:
    return Rejected(403, "provider_key_invalid", f'provider key "{key}" is invalid')


def no_default_service(key: str) -> Rejected:
    return Rejected(
        403,
        "provider_key_invalid_or_service_missing",
        f'provider key "{key}" invalid and/or service ID missing',
    )


def service_token_invalid(token: str, service_id: str) -> Rejected:
    return Rejected(
        403,
        "service_token_invalid",
        f'service token "{token}" or service id "{service_id}" is invalid',
    )


def service_id_invalid(service_id: str) -> Rejected:
    return Rejected(403, "service_id_invalid", f'service id "{service_id}" is invalid')


def user_key_invalid(key: str) -> Rejected:
    return Rejected(403, "user_key_invalid", f'user key "{key}" is invalid')


def usage_value_invalid(metric: str, value: str) -> Rejected:
    return Rejected(
        403, "usage_value_invalid", f'usage value "{value}" for metric "{metric}" is invalid'
    )


def usage_value_empty(metric: str) -> Rejected:
    return Rejected(
        403, "usage_value_invalid", f'usage value for metric "{metric}" can not be empty'
    )


def application_not_found(id_: str) -> Rejected:
    return Rejected(404, "application_not_found", f'application with id="{id_}" was not found')


def metric_invalid(name: str) -> Rejected:
    return Rejected(404, "metric_invalid", f'metric "{name}" is invalid')


OAUTH_NOT_ENABLED = Denied("oauth_not_enabled", "oauth is not enabled")
APP_KEY_MISSING = Denied("application_key_invalid", "application key is missing")
REFERRER_MISSING = Denied("referrer_not_allowed", "referrer is missing")
APPLICATION_NOT_ACTIVE = Denied("application_not_active", "application is not active")
SERVICE_NOT_ACTIVE = Denied("service_not_active", "service is not active")
LIMITS_EXCEEDED = Denied("limits_exceeded", "usage limits are exceeded")


def app_key_invalid(key: str) -> Denied:
    return Denied("application_key_invalid", f'application key "{key}" is invalid')


def redirect_invalid(name: str, url: str) -> Denied:
    return Denied(f"{name}_invalid", f'{name} "{url}" is invalid')


def referrer_not_allowed(referrer: str) -> Denied:
    return Denied("referrer_not_allowed", f'referrer "{referrer}" is not allowed')
