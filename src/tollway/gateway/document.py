"""APIcast's SERVICE document, as structs: what the gateway reads of what a portal serves.

Unknown keys are ignored, and nearly everything may be left out or null. What a key means is
``tollway.gateway.compile``'s business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")


class CompileError(Exception):
    """A document cannot be served. The message names the field and says what is wrong with it."""


class MappingRule(Struct, frozen=True):
    http_method: str
    pattern: str
    metric_system_name: str
    delta: int | None = None
    last: bool | None = None
    querystring_parameters: Mapping[str, str | None] | None = None
    owner_type: str | None = None
    owner_id: int | str | None = None


class Policy(Struct, frozen=True):
    name: str
    configuration: Mapping[str, Any] | None = None
    enabled: bool = True


class Operation(Struct, frozen=True):
    """``match`` names what is looked at, ``op`` how it is compared with ``value``."""

    match: str
    op: str
    value: str


class RoutingCondition(Struct, frozen=True):
    operations: Sequence[Operation]


class RoutingRule(Struct, frozen=True):
    url: str
    condition: RoutingCondition
    replace_path: str | None = None
    host_header: str | None = None
    owner_type: str | None = None
    owner_id: int | str | None = None


class Routing(Struct, frozen=True):
    """The configuration of a ``routing`` policy."""

    rules: Sequence[RoutingRule] = ()


class Proxy(Struct, frozen=True):
    endpoint: str | None = None
    sandbox_endpoint: str | None = None
    hosts: Sequence[str] | None = None
    api_backend: str | None = None
    hostname_rewrite: str | None = None
    secret_token: str | None = None
    credentials_location: str | None = None
    auth_user_key: str | None = None
    auth_app_id: str | None = None
    auth_app_key: str | None = None
    authentication_method: str | None = None
    oidc_issuer_endpoint: str | None = None  # perhaps with the portal's own login in it
    jwt_claim_with_client_id: str | None = None
    jwt_claim_with_client_id_type: str | None = None
    error_auth_missing: str | None = None
    error_status_auth_missing: int | None = None
    error_headers_auth_missing: str | None = None
    error_auth_failed: str | None = None
    error_status_auth_failed: int | None = None
    error_headers_auth_failed: str | None = None
    error_no_match: str | None = None
    error_status_no_match: int | None = None
    error_headers_no_match: str | None = None
    error_limits_exceeded: str | None = None
    error_status_limits_exceeded: int | None = None
    error_headers_limits_exceeded: str | None = None
    policy_chain: Sequence[Policy] | None = None
    proxy_rules: Sequence[MappingRule] | None = None


class Service(Struct, frozen=True):
    id: int | str = "default"
    name: str | None = None
    system_name: str | None = None
    backend_version: int | str | None = None
    backend_authentication_type: str | None = None
    backend_authentication_value: str | None = None
    portal_origin: str | None = None  # Tollway's own: it is published beside what was deployed
    proxy: Proxy = Proxy()


def read(document: object, shape: type[T], field: str = "") -> T:
    """Read ``document`` as ``shape``; ``field`` is where it stands. Raises ``CompileError``."""
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        name = (field + path.rstrip("`")).lstrip(".") or "the document"
        raise CompileError(f"{name}: {message}") from None


def printable(field: str, text: str) -> str:
    """Return ``text`` if it may stand in a header. Raises ``CompileError``."""
    if not re.fullmatch(r"[ -~]*", text):
        raise CompileError(f"{field}: a header value has printable ASCII characters only")
    return text
