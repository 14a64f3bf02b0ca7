"""What the gateway measures, as Prometheus families. ``docs/gateway.md`` lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tollway.exposition import Family, Labels
from tollway.gateway.catalogue import Catalogue


def families(counts: Mapping[str, int], catalogue: Catalogue, *, refused: int) -> list[Family]:
    """Return all families."""
    services = Counter(environment for environment, _ in catalogue.placed)
    cursors = catalogue.cursors
    return [
        Family(
            "tollway_gateway_requests_total",
            "counter",
            "Calls by environment and the status that the client got.",
            _counted(counts, "requests", "environment", "status"),
        ),
        Family(
            "tollway_gateway_authority_calls_total",
            "counter",
            "Questions to the authority: authorised, denied, limited, unavailable.",
            _counted(counts, "authority", "outcome"),
        ),
        Family(
            "tollway_gateway_tokens_total",
            "counter",
            "Access tokens of OpenID Connect: known, verified, refused, unjudged.",
            _counted(counts, "tokens", "outcome"),
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


def _counted(counts: Mapping[str, int], what: str, *labels: str) -> list[tuple[Labels, float]]:
    """Return what NGINX has counted under ``what:VALUE…``, with a value for each label."""
    split = ((key.split(":"), count) for key, count in sorted(counts.items()))
    return [
        (dict(zip(labels, values, strict=True)), count)
        for (kind, *values), count in split
        if kind == what
    ]
