"""From APIcast's SERVICE document to the document that NGINX's workers hold.

The input is what a portal serves (APIcast's JSON shape). The output holds only what answering a
call needs, checked and resolved, so that Lua decides nothing about configuration. It is plain JSON
without ``null`` (an absent key means "none": Lua's decoder makes ``null`` a true value), and equal
inputs give equal bytes. ``compile_service`` returns::

    {
      "schema": 1,
      "digest": "9f…",                     # of everything else; changes when anything changes
      "configuration": "3c…",              # fingerprint of the input: X-Tollway-Configuration
      "id": "42",                          # service id, as text
      "name": "api",                       # system_name, else name: X-3scale-service-name
      "environment": "staging",            # | "production"
      "hosts": ["api-2.staging.example"],  # of this environment; lower case, no port
      "credentials": {                     # absent: answer errors.auth_failed to every call
        "location": "query",               # | "headers" | "authorization"
        "parts": [{"part": "user_key",     # what the authority calls it; every part is required
                   "name": "api_key"}]     # what the client calls it; lower case
      },
      "openid": {                          # absent: the authority is shown the parts above
        "issuer": "https://idp.example/realms/api",  # whose tokens; where it is asked
        "claim": ["azp"]                   # where in a token the application id stands
      },
      "notes": ["…"],                      # for the agent's log: what is unusual about this product
      "rules": {…},                        # core.rules' trie: rules.load(rules), then rules.match
      "errors": {                          # all four, always
        "auth_missing":    {"status": 403, "type": "text/plain; charset=us-ascii", "body": "…"},
        "auth_failed": {…}, "no_match": {…}, "limits_exceeded": {…}
      },
      "portal_origin": "https://…",        # whose pages may call (tollway.cors); absent: nobody's
      "secret_token": "…",                 # X-3scale-proxy-secret-token; "": remove the client's
      "authority": {
        "path": "/transactions/authrep.xml",        # of the authrep; for openid oauth_authrep.xml
        "query": "service_token=…&service_id=42",   # the start of its query, encoded
        "debug": "…"                       # what X-3scale-Debug must equal
      },
      "upstream": UPSTREAM,                # when no route fits; absent: none is known, answer 404
      "routes": [                          # may be empty; the first that fits wins: rules.route
        {"path": "/inventory",             # fits this path and all below it; "/" fits everything
         "strip": true,                    # the upstream does not see "path"
         "backend": "7",                   # absent: nobody's rules are left out
         "upstream": UPSTREAM}
      ]
    }

    UPSTREAM = {
      "scheme": "https", "host": "internal.example.com", "port": 443,  # where to connect
      "host_header": "internal.example.com",   # Host to send, with a port that is not the default
      "path": "/base",                     # "" or starts with "/"
      "query": "v=2"                       # "" or what is added to every call
    }

How a worker uses it (no function below touches NGINX)::

    local matcher = rules.load(document.rules)          -- once per digest
    local path = rules.escape(ngx.var.uri)              -- what rules and routes are matched on
    local parts, err = credentials.read(document.credentials, query, headers, form)
    local usage, patterns = rules.match(matcher, method, path, query, form)
    local route = rules.route(document.routes, path)    -- nil: document.upstream
    local usage = rules.match(matcher, method, path, query, form, route.backend)
    local target = upstream.target(route.upstream, request_uri, path, route)   -- path and query

``query`` is the raw query string or nil; ``form`` the raw body of a POST, PUT or PATCH of type
application/x-www-form-urlencoded, or nil (needed if ``matcher.conditions`` is true, or if
credentials in the query are missing); ``headers`` a table of names, in any case, to a value or a
list of values. ``usage`` is nil when nothing matches. ``parts`` is {user_key = "…"} or
{app_id = "…", app_key = "…"}, decoded: encode it for the authority; with ``openid`` it is
{access_token = "…"}, of which {app_id = "…"} is made once the token is verified.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tollway.core import rules
from tollway.core.configurations import fingerprint
from tollway.core.openid import OpenIdError, claim_path, without_login
from tollway.gateway import document as apicast
from tollway.gateway.document import CompileError, printable
from tollway.gateway.routing import Route, Upstream, parse_url, read_routes, read_upstream

SCHEMA = 1
Environment = Literal["staging", "production"]
ENVIRONMENTS: tuple[Environment, ...] = ("staging", "production")


class Part(Struct, frozen=True):
    part: str
    name: str


class Credentials(Struct, frozen=True):
    location: str
    parts: tuple[Part, ...]


class Answer(Struct, frozen=True):
    status: int
    type: str
    body: str


class OpenId(Struct, frozen=True):
    issuer: str
    claim: tuple[str, ...]


class Authority(Struct, frozen=True):
    path: str
    query: str
    debug: str


class Service(Struct, frozen=True, omit_defaults=True):
    """The compiled document, but for its digest; the module's docstring describes it."""

    schema: int
    configuration: str
    id: str
    name: str
    environment: str
    hosts: tuple[str, ...]
    notes: tuple[str, ...]
    rules: rules.Trie
    errors: Mapping[str, Answer]
    secret_token: str
    authority: Authority
    routes: tuple[Route, ...]
    credentials: Credentials | None = None
    openid: OpenId | None = None
    upstream: Upstream | None = None
    portal_origin: str = ""


def compile_service(document: Mapping[str, Any], environment: Environment) -> dict[str, Any]:
    """Return what NGINX's workers need to serve ``document``. Raises ``CompileError``."""
    service = apicast.read(document, apicast.Service)
    proxy = service.proxy
    openid, closed = _openid(service.proxy) if _by_openid(service) else (None, "")
    credentials = None if closed else _credentials(service)
    hostname_rewrite = printable("proxy.hostname_rewrite", proxy.hostname_rewrite or "")
    compiled = Service(
        schema=SCHEMA,
        configuration=fingerprint(_deployed(document)),
        id=str(service.id),
        name=service.system_name or service.name or "",
        environment=environment,
        hosts=_hosts(proxy, environment),
        notes=tuple(_notes(proxy, closed)),
        rules=rules.compile_rules(
            [_rule(i, rule) for i, rule in enumerate(proxy.proxy_rules or ())]
        ),
        errors=_errors(proxy),
        secret_token=printable("proxy.secret_token", proxy.secret_token or ""),
        authority=_authority(service),
        routes=tuple(read_routes(proxy)),
        credentials=credentials,
        openid=openid,
        upstream=read_upstream("proxy.api_backend", proxy.api_backend, hostname_rewrite)
        if proxy.api_backend
        else None,
        portal_origin=printable("portal_origin", service.portal_origin or ""),
    )
    content = msgspec.to_builtins(compiled)
    digest = hashlib.blake2b(encode(content), digest_size=16).hexdigest()
    return {**content, "digest": digest}


def _deployed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what the portal publishes beside the configuration that was deployed."""
    return {name: value for name, value in document.items() if name != "portal_origin"}


def encode(compiled: Mapping[str, Any]) -> bytes:
    """Return the JSON that is pushed: equal documents give equal bytes."""
    return msgspec.json.encode(compiled, order="deterministic")


# --- who is served, and who may call ---------------------------------------------------------


def _hosts(proxy: apicast.Proxy, environment: Environment) -> tuple[str, ...]:
    """Return the hosts of this environment: ``hosts`` lists both environments' hosts."""
    own, other = "endpoint", "sandbox_endpoint"
    if environment == "staging":
        own, other = other, own
    mine, theirs = _host_of(proxy, own), _host_of(proxy, other)
    listed = {host.lower().partition(":")[0] for host in proxy.hosts or ()}
    return tuple(sorted((listed - theirs) | mine)) or ("localhost",)


def _host_of(proxy: apicast.Proxy, field: str) -> set[str]:
    url = getattr(proxy, field)
    return {parse_url(f"proxy.{field}", url).hostname or ""} if url else set()


_PARTS = {
    "1": (("user_key", "auth_user_key"),),
    "2": (("app_id", "auth_app_id"), ("app_key", "auth_app_key")),
}
_OPENID = {"oauth", "oidc"}
_TOKEN = Part("access_token", "access_token")  # the name is nobody's to choose
_ISSUER = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?(/[!$->@-~]*)?", re.ASCII)


def _mode(service: apicast.Service) -> str:
    return str(service.backend_version or service.proxy.authentication_method or "")


def _by_openid(service: apicast.Service) -> bool:
    return bool(_OPENID & {_mode(service), service.proxy.authentication_method})


def _openid(proxy: apicast.Proxy) -> tuple[OpenId | None, str]:
    """Return whose tokens open the product; or why none does.

    That is no error: then the product would go on as it was, and perhaps without an issuer.
    """
    issuer = without_login(proxy.oidc_issuer_endpoint or "").rstrip("/")
    if not issuer:
        return None, "no issuer is set"
    if not _is_address(issuer):
        return None, "proxy.oidc_issuer_endpoint: is not a URL like https://idp.example/realms/x"
    try:
        path = claim_path(proxy.jwt_claim_with_client_id, proxy.jwt_claim_with_client_id_type)
    except OpenIdError as error:
        return None, f"proxy.jwt_claim_with_client_id: {error}"
    return OpenId(issuer, path), ""


def _is_address(text: str) -> bool:
    try:
        return bool(_ISSUER.fullmatch(text) and parse_url("issuer", text))
    except CompileError:
        return False


def _credentials(service: apicast.Service) -> Credentials:
    """Return what callers must show."""
    proxy, mode = service.proxy, _mode(service)
    by_openid = _by_openid(service)
    if mode not in _PARTS and not by_openid:
        raise CompileError(f'backend_version: must be "1", "2" or "oauth", not {mode!r}')
    location = proxy.credentials_location or "query"
    if location not in {"query", "headers", "authorization"}:
        raise CompileError(
            f"proxy.credentials_location: must be query, headers or authorization, not {location!r}"
        )
    if by_openid:
        return Credentials(location, (_TOKEN,))
    names = ((part, getattr(proxy, field) or part) for part, field in _PARTS[mode])
    return Credentials(location, tuple(Part(part, name.lower()) for part, name in names))


def _authority(service: apicast.Service) -> Authority:
    kind, value = service.backend_authentication_type, service.backend_authentication_value
    if kind not in {"service_token", "provider_key"}:
        raise CompileError(
            f"backend_authentication_type: must be service_token or provider_key, not {kind!r}"
        )
    if not value:
        raise CompileError("backend_authentication_value: is missing")
    verb = "oauth_authrep" if _by_openid(service) else "authrep"
    query = urlencode({kind: value, "service_id": str(service.id)})
    return Authority(f"/transactions/{verb}.xml", query, value)


# --- mapping rules ---------------------------------------------------------------------------


# Twice what a pattern and a backend's path may have in the portal. It bounds how deep a match goes.
_PATTERN_CHARACTERS_MAX = 1024


def _rule(index: int, rule: apicast.MappingRule) -> rules.Rule:
    if len(rule.pattern) > _PATTERN_CHARACTERS_MAX:
        raise CompileError(
            f"proxy.proxy_rules[{index}].pattern: has {len(rule.pattern)} characters,"
            f" {_PATTERN_CHARACTERS_MAX} at most"
        )
    return rules.Rule(
        method=rule.http_method,
        pattern=rule.pattern,
        metric=rule.metric_system_name,
        delta=rule.delta or 0,
        last=bool(rule.last),
        query={name: value or "" for name, value in (rule.querystring_parameters or {}).items()},
        backend=str(rule.owner_id) if rule.owner_type == "BackendApi" else "",
    )


def _notes(proxy: apicast.Proxy, closed: str) -> Iterator[str]:
    if closed:
        yield f"every call is answered as failed authentication: {closed}"
    for index, rule in enumerate(proxy.proxy_rules or ()):
        if len(rule.pattern) > rules.PATTERN_CHARACTERS_MAX:
            continue  # a backend's path in front of a pattern may make it so long
        try:
            rules.parse_pattern(rule.pattern)
        except rules.PatternError as error:
            yield (
                f"proxy.proxy_rules[{index}].pattern: {rule.pattern!r} {error};"
                " it is matched character by character"
            )


# --- what clients are told -------------------------------------------------------------------

_PLAIN = "text/plain; charset=utf-8"
_DEFAULTS = {  # APIcast's own, for documents that say nothing
    "auth_missing": Answer(401, _PLAIN, "Authentication parameters missing"),
    "auth_failed": Answer(403, _PLAIN, "Authentication failed"),
    "no_match": Answer(404, _PLAIN, "No Mapping Rule matched"),
    "limits_exceeded": Answer(429, _PLAIN, "Limits exceeded"),
}


def _errors(proxy: apicast.Proxy) -> dict[str, Answer]:
    return {kind: _answer(proxy, kind, default) for kind, default in _DEFAULTS.items()}


def _answer(proxy: apicast.Proxy, kind: str, default: Answer) -> Answer:
    status = getattr(proxy, f"error_status_{kind}")
    media_type = getattr(proxy, f"error_headers_{kind}")
    body = getattr(proxy, f"error_{kind}")
    if status is not None and not 200 <= status <= 599:
        raise CompileError(f"proxy.error_status_{kind}: must be from 200 to 599, not {status}")
    return Answer(
        status or default.status,
        printable(f"proxy.error_headers_{kind}", media_type or default.type),
        default.body if body is None else body,
    )
