"""Parameters -> values that say what is asked, or why they cannot be understood.

The order of checks is part of the wire format (Service Management API, section 5). A fault that is
reported only after the caller's credentials have been looked up travels as ``flaw``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from tollway.authority import answers, params
from tollway.authority.answers import Rejected
from tollway.authority.params import Params, Value

T = TypeVar("T")

OPTIONS_CHARS_MAX = 1_000
KEY_CHARS_MAX = 255
KEPT_MAX = 100_000
KEPT_CHARS_MAX = 300  # of a query, with the extensions; a longer one is read each time,
KEPT_PARTS_MAX = 10  # and one of more parameters: anybody can send such, and each takes memory

Pairs = tuple[tuple[str, str | None], ...]
"""Usage as sent: metric name and value, in order. None is a value that is absent or no text."""

_BAD_SHAPE = answers.malformed(params.MIXED.message)
_NO_TEXT = (params.Array, dict)
_MEDIA_TYPES = {"", "application/x-www-form-urlencoded", "multipart/form-data"}
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_CODE = re.compile("[0-9]{3}", re.ASCII)


class ProviderKey(Struct, frozen=True):
    key: str


class ServiceToken(Struct, frozen=True):
    token: str
    service_id: str


Caller = ProviderKey | ServiceToken


class Options(Struct, frozen=True):
    """The extensions of ``3scale-options`` (section 9), and ``explain``, which is ours."""

    no_body: bool = False
    rejection_reason_header: bool = False
    limit_headers: bool = False
    hierarchy: bool = False
    flat_usage: bool = False
    list_app_keys: bool = False
    explain: bool = False


class Redirect(Struct, frozen=True):
    name: str  # the parameter it came in: redirect_url or redirect_uri
    url: str


class Authorize(Struct, frozen=True):
    """May this call pass? With ``counts`` (authrep), count its usage if it may.

    ``usage`` None is a request without usage. ``oauth`` tells which end point was asked.
    """

    caller: Caller
    options: Options
    counts: bool
    oauth: bool
    service_id: str | None = None
    app_id: str | None = None
    app_key: str | None = None
    user_key: str | None = None
    referrer: str | None = None
    redirect: Redirect | None = None
    usage: Pairs | None = None
    code: int = 0
    flaw: Rejected | None = None


class Transaction(Struct, frozen=True):
    """One line of a report. ``usage`` None counts nothing."""

    app_id: str | None
    user_key: str | None
    usage: Pairs | None
    timestamp: str
    code: int


class Report(Struct, frozen=True):
    """A batch to count. With a ``key`` (Idempotency-Key) it counts once, however often it comes."""

    caller: Caller
    service_id: str | None = None
    transactions: tuple[Transaction, ...] = ()
    flat_usage: bool = False
    key: str | None = None
    flaw: Rejected | None = None


def options(header: str, query: Params) -> Options:
    """Read the extensions; for ``no_body`` the header goes before the query.

    A header that is longer than any list of extensions can be is not looked at.
    """
    extensions, decided = _extensions(header if len(header) <= OPTIONS_CHARS_MAX else "")
    if decided or not _no_body(query.values):
        return extensions
    return msgspec.structs.replace(extensions, no_body=True)


def asked(
    query: str, header: str, *, counts: bool, oauth: bool
) -> tuple[Authorize | Rejected, Options | None]:
    """Read a GET of authorize or authrep, and the extensions that are asked for with it.

    The extensions are None if the query was not understood that far.
    """
    short = len(query) + len(header) <= KEPT_CHARS_MAX and query.count("&") < KEPT_PARTS_MAX
    return (_kept if short else _read)(query, header, counts, oauth)


def _read(
    query: str,
    header: str,
    counts: bool,  # noqa: FBT001  (as ``lru_cache`` likes its arguments)
    oauth: bool,  # noqa: FBT001
) -> tuple[Authorize | Rejected, Options | None]:
    parsed = params.parse(query)
    if isinstance(parsed, params.Malformed):
        return answers.malformed(parsed.message), None
    chosen = options(header, parsed)
    return authorize(parsed, chosen, counts=counts, oauth=oauth), chosen


# PERF: an application asks the same over and over. To read it takes 7 us, to find it again 0.5 us
# (bench/authority.py). What many ask alike is kept once.
@lru_cache(maxsize=KEPT_MAX)
def _kept(
    query: str,
    header: str,
    counts: bool,  # noqa: FBT001
    oauth: bool,  # noqa: FBT001
) -> tuple[Authorize | Rejected, Options | None]:
    ask, chosen = _read(query, header, counts, oauth)
    if isinstance(ask, Authorize):
        parts = {name: _shared(getattr(ask, name)) for name in ("caller", "service_id", "usage")}
        ask = msgspec.structs.replace(ask, **parts)
    return ask, chosen


@lru_cache(maxsize=4_096)
def _shared(value: T) -> T:
    return value


def authorize(query: Params, chosen: Options, *, counts: bool, oauth: bool) -> Authorize | Rejected:
    """Read a GET of authorize or authrep."""
    values = query.values
    if not query.valid:
        return answers.NOT_UTF8
    service_id = _given(values, "service_id")
    caller = _caller(_given(values, "provider_key"), _text(values, "service_token"), service_id)
    if isinstance(caller, Rejected):
        return caller
    if flaw := _flaw(values):
        return Authorize(caller, chosen, counts, oauth, service_id, flaw=flaw)
    return Authorize(
        caller,
        chosen,
        counts,
        oauth,
        service_id=service_id,
        app_id=_given(values, "app_id"),
        app_key=_app_key(values),
        user_key=_given(values, "user_key"),
        referrer=_text(values, "referrer"),
        redirect=_redirect(values) if oauth else None,
        usage=_usage(values),
        code=_code(values) if counts else 0,
    )


def form(content_type: str, body: bytes) -> Params | Rejected:
    """Read the body of a report, whose media type is checked before everything else."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        return answers.content_type_invalid(media_type)
    boundary = None
    if media_type == "multipart/form-data":
        if (found := _BOUNDARY.search(content_type)) is None:
            return _BAD_SHAPE
        boundary = found[1] or found[2]
    parsed = params.parse_form(body, boundary)
    return answers.malformed(parsed.message) if isinstance(parsed, params.Malformed) else parsed


def report(parameters: Params, chosen: Options, key: str | None) -> Report | Rejected:
    """Read a report. Credentials come before UTF-8, and that before the shape of the batch."""
    values = parameters.values
    provider_key, service_id = _text(values, "provider_key"), _text(values, "service_id")
    caller = _caller(provider_key, _text(values, "service_token"), service_id)
    if isinstance(caller, Rejected):
        return caller
    lines = _batch(parameters, key)
    if isinstance(lines, Rejected):
        return Report(caller, flaw=lines)
    return Report(caller, service_id or None, lines, chosen.flat_usage, key)


# Credentials.


def _caller(
    provider_key: str | None, token: str | None, service_id: str | None
) -> Caller | Rejected:
    """Choose the credentials; a provider key wins over a token.

    An empty provider key, which reports do not drop, spoils the token beside it.
    """
    if provider_key:
        return ProviderKey(provider_key)
    if not token:
        return answers.CREDENTIALS_REQUIRED
    if service_id is None or not service_id.strip():
        return answers.SERVICE_ID_MISSING
    if provider_key is not None:
        return answers.service_token_invalid(token, service_id)
    return ServiceToken(token, service_id)


def _flaw(values: Mapping[str, Value]) -> Rejected | None:
    if "user_id" in values:
        return answers.END_USERS
    usage = values.get("usage")
    if usage is not None and not isinstance(usage, dict):
        return answers.USAGE_NOT_A_HASH
    for name in ("referrer", "redirect_url", "redirect_uri"):
        if isinstance(values.get(name), _NO_TEXT):
            return _BAD_SHAPE
    return None


# Single parameters.


def _text(values: Mapping[str, Value], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _given(values: Mapping[str, Value], name: str) -> str | None:
    """Return a parameter that counts as absent when it is blank, or not text."""
    value = values.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _app_key(values: Mapping[str, Value]) -> str | None:
    """Return the one parameter that is trimmed; it is kept when empty, which forces a check."""
    value = _text(values, "app_key")
    return None if value is None else value.strip()


def _redirect(values: Mapping[str, Value]) -> Redirect | None:
    name = "redirect_url" if "redirect_url" in values else "redirect_uri"
    return Redirect(name, _text(values, name) or "") if name in values else None


def _usage(values: Mapping[str, Value]) -> Pairs | None:
    usage = values.get("usage")
    if not isinstance(usage, dict):
        return None
    return tuple((name, v if isinstance(v, str) else None) for name, v in usage.items())


def _code(values: Mapping[str, Value]) -> int:
    """``log[code]``, three digits, or 0."""
    log = values.get("log")
    code = log.get("code") if isinstance(log, dict) else None
    return int(code) if isinstance(code, str) and _CODE.fullmatch(code) else 0


# Batches.


def _batch(parameters: Params, key: str | None) -> tuple[Transaction, ...] | Rejected:
    if not parameters.valid:
        return answers.NOT_UTF8
    lines = _transactions(parameters.values.get("transactions"))
    if isinstance(lines, Rejected):
        return lines
    if isinstance(parameters.values.get("service_id"), _NO_TEXT):
        return _BAD_SHAPE
    return lines if key is None or _is_key(key) else answers.KEY_INVALID


def _is_key(key: str) -> bool:
    return 0 < len(key) <= KEY_CHARS_MAX and key.isascii() and key.isprintable()


def _transactions(value: Value) -> tuple[Transaction, ...] | Rejected:
    if value is None or (isinstance(value, str) and not value.strip()):
        return answers.TRANSACTIONS_BLANK
    if not isinstance(value, dict):
        return answers.TRANSACTIONS_FORMAT
    if None in value.values():
        return answers.TRANSACTIONS_NIL
    lines = []
    for line in value.values():
        read = _transaction(line)
        if isinstance(read, Rejected):
            return read
        lines.append(read)
    return tuple(lines)


def _transaction(line: Value) -> Transaction | Rejected:
    if not isinstance(line, dict):
        return answers.TRANSACTIONS_FORMAT
    if "user_id" in line:
        return answers.END_USERS
    scalars = [line.get(name) for name in ("app_id", "user_key", "timestamp")]
    if any(isinstance(v, _NO_TEXT) for v in scalars):
        return _BAD_SHAPE
    if not isinstance(line.get("usage"), dict | None):
        return _BAD_SHAPE
    return Transaction(
        _given(line, "app_id"),
        _given(line, "user_key"),
        _usage(line),
        _text(line, "timestamp") or "",
        _code(line),
    )


# Extensions.


@lru_cache(maxsize=256)
def _extensions(header: str) -> tuple[Options, bool]:
    """Read ``3scale-options``, once for each of the few texts that clients send.

    Also tells whether the header decides about ``no_body``, one way or the other.
    """
    parsed = params.parse(header) if header else params.NONE
    values = {} if isinstance(parsed, params.Malformed) else parsed.values
    names = [name for name in Options.__struct_fields__ if name != "no_body"]
    switched = {name: True for name in names if values.get(name) == "1"}
    no_body = _no_body(values)
    return Options(no_body=bool(no_body), **switched), no_body is not None


def _no_body(values: Mapping[str, Value]) -> bool | None:
    """None if not given; a bare name does not count as given."""
    value = values.get("no_body")
    return None if value is None else not (isinstance(value, str) and value in {"0", "false"})
