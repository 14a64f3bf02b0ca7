"""Asking the domain name system about a host that a tenant wants to have for a portal.

Two questions: who has the name, and where does it lead? The first is answered by a text that only
who has the domain can put there, under `_tollway.` in front of the host, and that only one tenant
is told. The second by the addresses, which have to be those of the tenant's first host; a CNAME to
it gives them.

The system's name servers are asked, or those of the settings. What does not answer within seconds
is said to be so, and never taken for a "no".
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable, Sequence

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver
from django.conf import settings
from msgspec import Struct

from tollway.net import LOOPBACK, is_localhost

PREFIX = "_tollway"
_ANSWER_S = 3.0
_AT_ONCE = 2  # in this process, whose few threads serve everybody's pages
_SHOWN_MAX, _SHOWN_LENGTH_MAX = 5, 100


_slots = threading.BoundedSemaphore(_AT_ONCE)


class Seen(Struct, frozen=True):
    """What the name servers say of ``host``. ``silent``: they did not answer, or not in time.

    ``leads_to`` are its addresses; ``here``: one of them is ours.
    """

    host: str
    texts: tuple[str, ...]
    leads_to: tuple[str, ...]
    here: bool
    silent: bool

    @property
    def shown(self) -> tuple[str, ...]:
        """Return texts to show to people: they are somebody else's words."""
        return tuple(each[:_SHOWN_LENGTH_MAX] for each in self.texts[:_SHOWN_MAX])


class _SilentError(Exception):
    """No name server answers."""


def look_up(host: str, first_host: str) -> Seen:
    """Ask for the proofs at ``host``, and whether it leads to where ``first_host`` does.

    Servers of the tenant's choice answer, as slowly as they like: only a few are asked at once, and
    to whoever comes then all are silent.
    """
    if not _slots.acquire(blocking=False):
        return _nothing(host)
    try:
        return _look_up(host, first_host)
    finally:
        _slots.release()


def _nothing(host: str) -> Seen:
    return Seen(host, (), (), here=False, silent=True)


def _look_up(host: str, first_host: str) -> Seen:
    resolver = _resolver()
    try:
        texts = _answers(resolver, f"{PREFIX}.{host}", dns.rdatatype.TXT)
        leads_to = _addresses(resolver, host)
        ours = LOOPBACK if is_localhost(first_host) else _addresses(resolver, first_host)
    except _SilentError:
        return _nothing(host)
    here = not set(leads_to).isdisjoint(ours)
    return Seen(host, texts, leads_to, here=here, silent=False)


def _resolver() -> dns.resolver.Resolver:
    chosen: Sequence[str] = settings.TOLLWAY.nameservers
    if not chosen:
        return _bounded(dns.resolver.Resolver())
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [_server(text) for text in chosen]
    return _bounded(resolver)


def _bounded(resolver: dns.resolver.Resolver) -> dns.resolver.Resolver:
    resolver.lifetime, resolver.timeout = _ANSWER_S, _ANSWER_S / 2
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    return dns.nameserver.Do53Nameserver(str(address), int(port))


def _addresses(resolver: dns.resolver.Resolver, host: str) -> tuple[str, ...]:
    kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
    return tuple(text for kind in kinds for text in _answers(resolver, host, kind))


def _answers(
    resolver: dns.resolver.Resolver, name: str, kind: dns.rdatatype.RdataType
) -> tuple[str, ...]:
    """Return what is there, none if there is nothing. Raises ``_SilentError``."""
    try:
        found = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return ()
    except dns.exception.DNSException as error:
        raise _SilentError from error
    return tuple(sorted(_words(record) for record in found.rrset or ()))


def _words(record: object) -> str:
    parts: Iterable[bytes] | None = getattr(record, "strings", None)
    return str(record) if parts is None else b"".join(parts).decode("utf-8", "replace")
