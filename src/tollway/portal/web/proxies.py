"""Who the client is and how it came, when a reverse proxy stands in front.

`X-Forwarded-For`, `-Proto` and `-Host` count only from the addresses in `TOLLWAY_TRUSTED_PROXIES`;
from anybody else they are dropped, so that nothing further in can believe them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Network = IPv4Network | IPv6Network

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxies:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = networks(settings.TOLLWAY.trusted_proxies)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        chain, proto, host = (meta.pop(name, "") for name in _FORWARDED)
        if trusts(self.trusted, meta.get("REMOTE_ADDR", "")):
            meta["REMOTE_ADDR"] = client(self.trusted, chain) or meta["REMOTE_ADDR"]
            if proto in {"http", "https"}:
                meta["wsgi.url_scheme"] = proto
            if host:
                meta["HTTP_HOST"] = host
        return self.get_response(request)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and CIDR ranges. Raises ``ValueError`` for anything else."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def trusts(trusted: Iterable[Network], address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in trusted)


def client(trusted: tuple[Network, ...], chain: str) -> str:
    """Return the last address of a chain that is not one of our proxies, or "".

    >>> client(networks(["10.0.0.0/8"]), "6.6.6.6, 203.0.113.9, 10.1.2.3")
    '203.0.113.9'
    """
    hops = [hop.strip() for hop in chain.split(",")]
    return next((hop for hop in reversed(hops) if hop and not trusts(trusted, hop)), "")
