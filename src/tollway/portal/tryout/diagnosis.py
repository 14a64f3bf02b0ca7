"""Why a gateway may not reach an API: the portal dials it too, and says what it sees.

Only a connection is made, and for https a handshake; nothing is sent. A gateway may be elsewhere,
so that what is seen from here is a hint and no verdict.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from tollway.net import CONNECT_S, Guard, NoAnswer, addresses_of, tls
from tollway.portal.catalog.endpoints import PORTS


class Seen(Struct, frozen=True):
    """``about_tls``: the host is there, and TLS with it is what fails."""

    text: str
    about_tls: bool = False


async def diagnose(url: str, guard: Guard) -> Seen:
    """Say in a sentence how a private base URL looks from here."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    found = await addresses_of(host, port, guard)
    if isinstance(found, NoAnswer):
        return Seen(found.why)
    context = tls() if parts.scheme in {"https", "wss"} else None
    try:
        async with asyncio.timeout(CONNECT_S):
            await _connect(found[0], port, context, host)
    except OSError as error:  # also what TLS and a lack of time raise
        return _trouble(error, host, port)
    return Seen(f"Seen from the portal, {host} does accept connections on port {port}.")


def _trouble(error: OSError, host: str, port: int) -> Seen:
    match error:
        case TimeoutError():
            text = f"{host} does not answer on port {port}."
        case ssl.SSLCertVerificationError():
            why = error.verify_message.rstrip(".")
            text = f"The certificate of {host} is not accepted: {why}."
        case ssl.SSLError():
            text = f"{host} does not speak TLS on port {port}. Is it http://?"
        case ConnectionRefusedError():
            text = f"{host} refused the connection on port {port}."
        case _:
            text = f"{host} cannot be reached on port {port}: {error.strerror or error}."
    return Seen(text, about_tls=isinstance(error, ssl.SSLError))


async def _connect(address: str, port: int, context: ssl.SSLContext | None, host: str) -> None:
    name = host if context else None
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
    writer.transport.abort()
