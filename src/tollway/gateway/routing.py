"""Where calls go: a product's upstream, or the routes to its backends' upstreams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, quote, urlsplit

from msgspec import Struct

from tollway.core import rules
from tollway.gateway import document as apicast
from tollway.gateway.document import CompileError, printable


class Upstream(Struct, frozen=True):
    scheme: str
    host: str
    port: int
    host_header: str
    path: str
    query: str


class Route(Struct, frozen=True, omit_defaults=True):
    path: str
    strip: bool
    upstream: Upstream
    backend: str | None = None


_SCHEMES = {
    "http": ("http", 80),
    "https": ("https", 443),
    "ws": ("http", 80),
    "wss": ("https", 443),
}


def parse_url(field: str, text: str) -> SplitResult:
    """Split a URL with a host. Raises ``CompileError``."""
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  (reading it checks it)
    except ValueError as error:
        raise CompileError(f"{field}: {text!r} is not a URL: {error}") from None
    if url.scheme not in _SCHEMES or not re.fullmatch(r"[\w.:-]+", url.hostname or "", re.ASCII):
        raise CompileError(f"{field}: {text!r} is not a URL like https://host:port/path")
    return url


def read_upstream(field: str, text: str, host_header: str | None) -> Upstream:
    """Resolve a private base URL; ``host_header`` replaces its host. Raises ``CompileError``."""
    url = parse_url(field, text)
    if url.username is not None:
        raise CompileError(f"{field}: must not hold a user or a password")
    scheme, default_port = _SCHEMES[url.scheme]
    host = url.hostname or ""
    port = url.port or default_port
    named = f"[{host}]" if ":" in host else host
    if port != default_port:
        named += f":{port}"
    return Upstream(
        scheme=scheme,
        host=host,
        port=port,
        host_header=host_header or named,
        path="" if url.path == "/" else quote(url.path, safe="/%!$&'()*+,;=@:"),
        query=quote(url.query, safe="/%!$&'()*+,;=@:?"),
    )


def read_routes(proxy: apicast.Proxy) -> Iterator[Route]:
    """Yield the routes of the policy chain, first to be tried first. Raises ``CompileError``.

    A policy that cannot be honoured is refused: skipping one that checks callers would let them in.
    """
    chain = proxy.policy_chain
    if chain is None:
        return
    names = [policy.name.removeprefix("apicast.policy.") for policy in chain]
    if "apicast" not in names:
        raise CompileError("proxy.policy_chain: has no apicast policy, so nothing checks the calls")
    for index, (name, policy) in enumerate(zip(names, chain, strict=True)):
        field = f"proxy.policy_chain[{index}]"
        if not policy.enabled or name == "apicast":
            continue
        if name != "routing":
            raise CompileError(f"{field}: the policy {name} is not supported")
        if index > names.index("apicast"):
            raise CompileError(f"{field}: routing must stand before apicast")
        field += ".configuration"
        routing = apicast.read(policy.configuration or {}, apicast.Routing, field)
        for number, rule in enumerate(routing.rules):
            yield _route(f"{field}.rules[{number}]", rule, proxy.hostname_rewrite)


# The portal's own condition for a backend's path, and its template that takes the path away.
_BELOW = re.compile(r"\^\((?:/\.\*|(?P<path>/.*)/\.\*\|(?P=path)/\?)\)")
_REMOVE = re.compile(r"\{\{[^|}]*\|\s*remove_first:\s*(['\"])(?P<path>.*)\1\s*\}\}")


def _route(field: str, rule: apicast.RoutingRule, hostname_rewrite: str | None) -> Route:
    """Read a routing rule, as a path prefix that ends where a segment ends.

    The portal's regular expression for ``/a`` has no end, so APIcast sends ``/ab`` there as well.
    """
    path = _below(f"{field}.condition", rule.condition.operations)
    removed = _REMOVE.fullmatch(rule.replace_path or "")
    if rule.replace_path and (not removed or removed["path"] != path):
        raise CompileError(f"{field}.replace_path: may only remove {path!r}, the route's own path")
    host_header = printable(f"{field}.host_header", rule.host_header or hostname_rewrite or "")
    return Route(
        path=rules.canonical(path),
        strip=removed is not None,
        upstream=read_upstream(f"{field}.url", rule.url, host_header),
        backend=str(rule.owner_id) if rule.owner_type == "BackendApi" else None,
    )


def _below(field: str, operations: Sequence[apicast.Operation]) -> str:
    if len(operations) == 1 and (operations[0].match, operations[0].op) == ("path", "matches"):
        found = _BELOW.fullmatch(operations[0].value)
        if found:
            return re.sub(r"\\(\W)", r"\1", found["path"] or "/")
    raise CompileError(f"{field}: only path matches ^(/PATH/.*|/PATH/?), the portal's, is known")
