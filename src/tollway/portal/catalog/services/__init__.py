"""Changing products, backends and gateways' configuration. One function per thing one can ask for.

Each is one transaction and ends with one event. Invalid values and refused changes raise Django's
``ValidationError``, with a list of messages per field and ``base`` for the whole.
"""

from tollway.portal.catalog.services.backends import (
    create_backend,
    create_backend_usage,
    delete_backend,
    delete_backend_usage,
    update_backend,
    update_backend_usage,
)
from tollway.portal.catalog.services.metrics import (
    create_method,
    create_metric,
    delete_metric,
    update_metric,
)
from tollway.portal.catalog.services.products import create_product, delete_product, update_product
from tollway.portal.catalog.services.proxies import deploy, promote, update_proxy
from tollway.portal.catalog.services.rules import (
    create_mapping_rule,
    delete_mapping_rule,
    update_mapping_rule,
)

__all__ = [
    "create_backend",
    "create_backend_usage",
    "create_mapping_rule",
    "create_method",
    "create_metric",
    "create_product",
    "delete_backend",
    "delete_backend_usage",
    "delete_mapping_rule",
    "delete_metric",
    "delete_product",
    "deploy",
    "promote",
    "update_backend",
    "update_backend_usage",
    "update_mapping_rule",
    "update_metric",
    "update_product",
    "update_proxy",
]
