"""Every operation of the API, one row each, in the order of the documentation."""

from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import (
    access_tokens,
    accounts,
    applications,
    backends,
    gateway,
    mapping_rules,
    metrics,
    plans,
    services,
)

OPERATIONS: tuple[Operation, ...] = (
    *services.OPERATIONS,
    *metrics.OPERATIONS,
    *gateway.OPERATIONS,
    *mapping_rules.OPERATIONS,
    *plans.OPERATIONS,
    *accounts.OPERATIONS,
    *applications.OPERATIONS,
    *backends.OPERATIONS,
    *access_tokens.OPERATIONS,
)
