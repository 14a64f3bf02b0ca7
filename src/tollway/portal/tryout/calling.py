"""HTTP towards a gateway, for the portal: who says that it calls, and what it may dial."""

from __future__ import annotations

from collections.abc import Mapping

from tollway import net
from tollway.config import Settings
from tollway.net import Answer, Guard, NoAnswer, is_localhost

AGENT = "Tollway test call"


def guard_of(settings: Settings) -> Guard:
    """Say which addresses a tenant may have the portal dial. Gateways' ports are for everybody."""
    ports = settings.ports
    return Guard(
        private=settings.allow_private_upstreams,
        localhost=is_localhost(settings.domain),
        own_ports=frozenset((ports.portal, ports.authority, ports.metrics, ports.worker)),
    )


async def ask(
    url: str,
    headers: Mapping[str, str],
    guard: Guard | None,
    *,
    timeout_s: float,
    bytes_max: int,
) -> Answer | NoAnswer:
    """Make a test call (``net.ask``). Without a guard the host is the operator's own."""
    sent = {"User-Agent": AGENT, **headers}
    return await net.ask(url, sent, guard, timeout_s=timeout_s, bytes_max=bytes_max)
