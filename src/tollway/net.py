"""Names and addresses: the one rule for resolving, and the one guard for what a tenant names.

Anything under ``.localhost`` is this machine (RFC 6761; Debian's getaddrinfo does not know it); all
other names are the system's business. A guard is asked about addresses, after resolving and right
before connecting, so that a name cannot point elsewhere in between.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

LOOPBACK = ("127.0.0.1", "::1")

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
