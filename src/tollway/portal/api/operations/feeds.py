"""What gateways boot from: the configurations of many products at once, in APIcast's shapes.

Gateways of our own follow the authority's feed instead, and can be told to use these.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.db.models import QuerySet

from tollway.portal.api.operation import Call, Operation, in_section, listing
from tollway.portal.api.operations.gateway import in_environment
from tollway.portal.api.operations.services import allowed
from tollway.portal.api.params import text
from tollway.portal.api.resources.gateway import PROXY_CONFIG
from tollway.portal.api.xml import scalar
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import ProxyConfig

Configs = QuerySet[ProxyConfig]

_VERSION = re.compile(r"[0-9]{1,9}")


@in_environment
def _of_account(call: Call, environment: str) -> Configs:
    """Narrow the tenant's configurations as APIcast asks: by host, by version or to the latest."""
    version = call.given.get("version", "")
    if version == "latest":
        configs = selectors.configs_in_force(call.tenant, environment)
    else:
        configs = selectors.all_proxy_configs_of(call.tenant, environment)
        if version:
            configs = configs.filter(version=int(version) if _VERSION.fullmatch(version) else 0)
    return _serving(call, allowed(call, configs))


@in_environment
def _in_force(call: Call, environment: str) -> Configs:
    return _serving(call, allowed(call, selectors.configs_in_force(call.tenant, environment)))


@in_environment
def _of_all_tenants(call: Call, environment: str) -> Configs:
    return _serving(call, selectors.configs_in_force_everywhere(call.tenant, environment))


def _serving(call: Call, configs: Configs) -> Configs:
    host = call.given.get("host", "")
    return selectors.serving_host(configs, host) if host else configs


def _whole(call: Call) -> dict[str, Any]:
    """Return what is in force in production; the time is that of the newest change to it."""
    production = ProxyConfig.Environment.PRODUCTION
    configs = list(allowed(call, selectors.configs_in_force(call.tenant, production)))
    newest = max((config.created_at for config in configs), default=call.tenant.created_at)
    return {
        "id": call.tenant.pk,
        "provider_key": call.tenant.provider_key,
        "services": [msgspec.Raw(config.content.encode()) for config in configs],
        "timestamp": scalar(newest),
    }


_OF_TENANT: tuple[Operation, ...] = (
    listing(
        "/admin/api/account/proxy_configs/{environment}",
        "Versions of all products, for gateways; by host, by number or the latest",
        PROXY_CONFIG,
        _of_account,
        params=(text("host"), text("version")),
        paginated=True,
    ),
    listing(
        "/admin/api/services/proxy/configs/{environment}",
        "The version in force of each product, or of those that serve a host",
        PROXY_CONFIG,
        _in_force,
        params=(text("host"),),
    ),
)

# It holds the provider key, which may do everything: members may not read it.
_SPEC = Operation(
    "GET",
    "/admin/api/nginx/spec",
    "All that is in force in production, as one document for a gateway without a portal",
    _whole,
    document=True,
)

_OF_ALL_TENANTS = listing(
    "/master/api/proxy/configs/{environment}",
    "The version in force of each product of all tenants, or of those that serve a host",
    PROXY_CONFIG,
    _of_all_tenants,
    params=(text("host"),),
    paginated=True,
)

OPERATIONS: tuple[Operation, ...] = (
    *in_section("plans", _OF_TENANT),
    _SPEC,
    msgspec.structs.replace(_OF_ALL_TENANTS, master=True),
)
