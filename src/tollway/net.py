"""Names and addresses: the one rule for resolving, and the one guard for what a tenant names.

Anything under ``.localhost`` is this machine (RFC 6761; Debian's getaddrinfo does not know it); all
other names are the system's business. A guard is asked about addresses, after resolving and right
before connecting, so that a name cannot point elsewhere in between; ``ask`` does all three.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx
from msgspec import Struct

LOOPBACK = ("127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}
CONNECT_S = 3.0
AGENT = "Tollway"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses of another machine can hide in these; what counts is the IPv4 address inside.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Handed out by clouds to ask for credentials, and not link-local as 169.254.169.254 is.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)


class ForbiddenAddressError(Exception):
    """None of the addresses may be dialled. The message names one and says why."""


class Guard(Struct, frozen=True):
    """What the operator allows. Link-local and metadata addresses are never allowed.

    ``private``: private and loopback addresses. ``localhost``: names under ``.localhost``.
    ``own_ports``: ports of this machine that are Tollway's own and never an upstream.
    """

    private: bool = False
    localhost: bool = False
    own_ports: frozenset[int] = frozenset()

    def allowed(self, host: str, addresses: Iterable[str], port: int) -> tuple[str, ...]:
        """Return those that may be dialled. Raises ``ForbiddenAddressError`` if none may."""
        free = self.private or (self.localhost and is_localhost(host))
        refusals = {text: _refusal(text, port, self.own_ports, free=free) for text in addresses}
        passed = tuple(text for text, reason in refusals.items() if not reason)
        if refusals and not passed:
            text, reason = next(iter(refusals.items()))
            raise ForbiddenAddressError(f"{host} is {text}: {reason}")
        return passed


def is_localhost(host: str) -> bool:
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


async def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host, IPv4 first. Raises ``OSError`` when it has none."""
    if is_localhost(host):
        return LOOPBACK
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host[:80]!r} is not a host name") from error
    addresses = {str(sockaddr[0]) for *_, sockaddr in found}
    return tuple(sorted(addresses, key=lambda text: (":" in text, text)))


def dial(url: str) -> tuple[str, dict[str, str]]:
    """Return what an HTTP client should ask for, and the headers to add.

    >>> dial("http://echo.localhost:3002/x")
    ('http://127.0.0.1:3002/x', {'Host': 'echo.localhost:3002'})
    >>> dial("https://api.example.com/x")
    ('https://api.example.com/x', {})
    """
    parts = urlsplit(url)
    if not is_localhost(parts.hostname or ""):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=LOOPBACK[0] + port)), {"Host": parts.netloc}


# --- one call, with a bound on time and on size ------------------------------------------------


class Answer(Struct, frozen=True):
    """``body`` holds the first bytes only if there is ``more``. Names of headers are lower case."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    more: bool
    took_ms: int

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class NoDocumentError(Exception):
    """There is no document at an address. The message says why, as a part of a sentence."""


class NoAnswer(Struct, frozen=True):
    """``why`` is a sentence for people. ``late``: time ran out after it had been dialled."""

    why: str
    late: bool = False


async def addresses_of(host: str, port: int, guard: Guard | None) -> tuple[str, ...] | NoAnswer:
    """Return what may be dialled, in order. Without a guard the host is the operator's own."""
    try:
        async with asyncio.timeout(CONNECT_S):
            found = await resolve(host)
    except TimeoutError:
        return NoAnswer(f"The name servers do not answer for {host}.")
    except OSError:
        return NoAnswer(f"{host} does not resolve: no name server knows it.")
    try:
        return guard.allowed(host, found, port) if guard else found
    except ForbiddenAddressError as error:
        return NoAnswer(f"{error}.")


async def ask(
    url: str,
    headers: Mapping[str, str],
    guard: Guard | None,
    *,
    timeout_s: float,
    bytes_max: int,
) -> Answer | NoAnswer:
    """GET ``url``, whose path and query are sent as they are written; read ``bytes_max`` of it.

    No redirect is followed, and no setting of the machine (a proxy, a netrc) is looked at. Without
    a guard the host is the operator's own.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    found = await addresses_of(host, port, guard)
    if isinstance(found, NoAnswer):
        return found
    why = f"{host} has no address."
    for address in found:
        try:
            async with asyncio.timeout(timeout_s):
                return await _get(parts, address, headers, bytes_max)
        except TimeoutError:
            why = f"{host}:{port} did not answer within {timeout_s:.0f} seconds."
            return NoAnswer(why, late=True)
        except httpx.ConnectError as error:
            why = f"{host} cannot be connected to on port {port}: {_reason(error)}."
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoAnswer(f"{host}:{port} broke the connection off: {_reason(error)}.")
    return NoAnswer(why)


async def fetch(url: str, guard: Guard, *, timeout_s: float, bytes_max: int) -> bytes:
    """Return a JSON document, whole. Raises ``NoDocumentError``."""
    headers = {"Accept": "application/json"}
    answer = await ask(url, headers, guard, timeout_s=timeout_s, bytes_max=bytes_max)
    if isinstance(answer, NoAnswer):
        raise NoDocumentError(answer.why.rstrip("."))
    if answer.status != 200:
        raise NoDocumentError(f"{url[:200]} answered {answer.status}")
    if answer.more:
        raise NoDocumentError(f"{url[:200]} has more than {bytes_max} bytes")
    return answer.body


def _reason(error: Exception) -> str:
    text = str(error).removeprefix("[Errno 111] ")
    return "nobody listens there" if "connection attempts failed" in text else text.rstrip(".")


async def _get(
    parts: SplitResult, address: str, headers: Mapping[str, str], bytes_max: int
) -> Answer:
    loop = asyncio.get_running_loop()
    began = loop.time()
    netloc = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    sent = {"Host": parts.netloc, "User-Agent": AGENT, "Accept-Encoding": "identity", **headers}
    verify = tls() if parts.scheme == "https" else False
    async with (
        httpx.AsyncClient(verify=verify, trust_env=False, timeout=None) as client,  # noqa: S113
        client.stream(
            "GET",
            f"{parts.scheme}://{netloc}{port}/",
            headers=sent,
            extensions={"target": target.encode(), "sni_hostname": parts.hostname or ""},
        ) as response,
    ):
        body, more = await _first(response, bytes_max)
        return Answer(
            status=response.status_code,
            reason=response.reason_phrase,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=body,
            more=more,
            took_ms=round((loop.time() - began) * 1000),
        )


async def _first(response: httpx.Response, bytes_max: int) -> tuple[bytes, bool]:
    """Read raw bytes: what is compressed stays so, as it might unfold into anything."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > bytes_max:
            return body[:bytes_max], True
    return body, False


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Return what verifies certificates, by the authorities of this machine."""
    return ssl.create_default_context()


# --- which addresses may be dialled ------------------------------------------------------------


def _refusal(text: str, port: int, own_ports: frozenset[int], *, free: bool) -> str:
    """Say why an address may not be dialled, or return ''."""
    address = _innermost(ipaddress.ip_address(text))
    if address in _METADATA or address.is_link_local:
        return "link-local and metadata addresses are never dialled"
    if address.is_multicast or address.is_unspecified:
        return "not the address of one machine"
    if port in own_ports and _is_ours(address):
        return f"port {port} is Tollway's own"
    if not (free or address.is_global):
        return "private addresses are not allowed here (TOLLWAY_ALLOW_PRIVATE_UPSTREAMS=1 allows)"
    return ""


def _innermost(address: Address) -> Address:
    """Unwrap an IPv4 address that an IPv6 one carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_ours(address: Address) -> bool:
    """Whether it is one of this machine's: only then can a socket be bound to it."""
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
