"""HTTP towards a gateway, for the portal: one call with a bound on time and on size.

The address is looked up and guarded here and then dialled, so that a name cannot point elsewhere in
between. No redirect is followed, and no setting of the machine (a proxy, a netrc) is looked at.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import httpx
from msgspec import Struct

from tollway.config import Settings
from tollway.net import ForbiddenAddressError, Guard, is_localhost, resolve

PORTS = {"http": 80, "https": 443}
CONNECT_S = 3.0
AGENT = "Tollway test call"


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


class NoAnswer(Struct, frozen=True):
    """``why`` is a sentence for people. ``late``: time ran out after it had been dialled."""

    why: str
    late: bool = False


def guard_of(settings: Settings) -> Guard:
    """Say which addresses a tenant may have the portal dial. Gateways' ports are for everybody."""
    ports = settings.ports
    return Guard(
        private=settings.allow_private_upstreams,
        localhost=is_localhost(settings.domain),
        own_ports=frozenset((ports.portal, ports.authority, ports.metrics, ports.worker)),
    )


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
    """GET ``url``, whose path and query are sent as they are written; read ``bytes_max`` of it."""
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
