"""What the gateway measures, as Prometheus families. ``docs/gateway.md`` lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tollway.exposition import Family, Labels
from tollway.gateway.catalogue import Catalogue


def families(counts: Mapping[str, int], catalogue: Catalogue, *, refused: int) -> list[Family]:
    """Return all families; NGINX counts ``requests:ENVIRONMENT:STATUS``, ``authority:OUTCOME``."""
    requests: list[tuple[Labels, float]] = []
    calls: list[tuple[Labels, float]] = []
    for key, count in sorted(counts.items()):
        match key.split(":"):
            case ["requests", environment, status]:
                requests.append(({"environment": environment, "status": status}, count))
            case ["authority", outcome]:
                calls.append(({"outcome": outcome}, count))
            case _:
                pass
    services = Counter(environment for environment, _ in catalogue.placed)
    cursors = catalogue.cursors
    return [
        Family(
            "tollway_gateway_requests_total",
            "counter",
            "Calls by environment and the status that the client got.",
            requests,
        ),
        Family(
            "tollway_gateway_authority_calls_total",
            "counter",
            "Questions to the authority: authorised, denied, limited, unavailable.",
            calls,
        ),
        Family(
            "tollway_gateway_services",
            "gauge",
            "Services whose configuration is known.",
            [({"environment": environment}, services[environment]) for environment in cursors],
        ),
        Family(
            "tollway_gateway_configuration_info",
            "gauge",
            "How far the configuration feed has been followed.",
            [({"environment": name, "cursor": cursor}, 1) for name, cursor in cursors.items()],
        ),
        Family(
            "tollway_gateway_refused_documents",
            "gauge",
            "Services whose newest configuration NGINX did not take; they stay as they were.",
            [({}, refused)],
        ),
    ]
