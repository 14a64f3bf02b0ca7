"""Every operation of the API, one row each, in the order of the documentation."""

from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import (
    access_tokens,
    accounts,
    apidocs,
    applications,
    backends,
    conditions,
    contracts,
    features,
    feeds,
    fields_definitions,
    gateway,
    mapping_rules,
    metrics,
    plans,
    provider,
    providers,
    services,
    users,
)

OPERATIONS: tuple[Operation, ...] = (
    *services.OPERATIONS,
    *metrics.OPERATIONS,
    *gateway.OPERATIONS,
    *feeds.OPERATIONS,
    *mapping_rules.OPERATIONS,
    *plans.OPERATIONS,
    *conditions.OPERATIONS,
    *features.OPERATIONS,
    *accounts.OPERATIONS,
    *contracts.OPERATIONS,
    *applications.OPERATIONS,
    *backends.OPERATIONS,
    *apidocs.OPERATIONS,
    *access_tokens.OPERATIONS,
    *users.OPERATIONS,
    *provider.OPERATIONS,
    *fields_definitions.OPERATIONS,
    *providers.OPERATIONS,
)
