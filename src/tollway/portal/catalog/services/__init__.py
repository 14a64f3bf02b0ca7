"""Changing products, backends and gateways' configuration. One function per thing one can ask for.

Each is one transaction and ends with one event. Invalid values and refused changes raise Django's
``ValidationError``, with a list of messages per field and ``base`` for the whole. Functions called
`make_` and `change_` are building blocks without an event, for services of the apps above.
"""

from tollway.portal.catalog.services.backends import (
    create_backend,
    create_backend_usage,
    delete_backend,
    delete_backend_usage,
    update_backend,
    update_backend_usage,
)
from tollway.portal.catalog.services.deployment import deploy, promote
from tollway.portal.catalog.services.metrics import (
    create_method,
    create_metric,
    delete_metric,
    update_metric,
)
from tollway.portal.catalog.services.products import (
    change_product,
    delete_product,
    described,
    make_product,
)
from tollway.portal.catalog.services.proxies import (
    EDITED,
    FLOWS,
    EditedMeanwhileError,
    update_oidc_flows,
    update_proxy,
)
from tollway.portal.catalog.services.rules import (
    create_mapping_rule,
    delete_mapping_rule,
    update_mapping_rule,
)
from tollway.portal.catalog.services.tokens import (
    create_service_token,
    delete_service_token,
    renew_service_token,
    retire_service_tokens,
)

__all__ = [
    "EDITED",
    "FLOWS",
    "EditedMeanwhileError",
    "change_product",
    "create_backend",
    "create_backend_usage",
    "create_mapping_rule",
    "create_method",
    "create_metric",
    "create_service_token",
    "delete_backend",
    "delete_backend_usage",
    "delete_mapping_rule",
    "delete_metric",
    "delete_product",
    "delete_service_token",
    "deploy",
    "described",
    "make_product",
    "promote",
    "renew_service_token",
    "retire_service_tokens",
    "update_backend",
    "update_backend_usage",
    "update_mapping_rule",
    "update_metric",
    "update_oidc_flows",
    "update_proxy",
]
