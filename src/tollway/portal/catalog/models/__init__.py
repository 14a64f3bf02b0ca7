"""Products and what belongs to them; backends, the provider's own APIs behind them."""

from tollway.portal.catalog.models.backends import Backend, BackendUsage
from tollway.portal.catalog.models.metrics import (
    HITS,
    MappingRule,
    Metric,
    greater_than_zero,
    pattern_of_a_rule,
)
from tollway.portal.catalog.models.products import Product, ServiceToken
from tollway.portal.catalog.models.proxies import Proxy, ProxyConfig

__all__ = [
    "HITS",
    "Backend",
    "BackendUsage",
    "MappingRule",
    "Metric",
    "Product",
    "Proxy",
    "ProxyConfig",
    "ServiceToken",
    "greater_than_zero",
    "pattern_of_a_rule",
]
