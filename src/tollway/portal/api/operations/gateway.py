"""How gateways serve a product: settings, deploying, promoting, and what gateways read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.api.operation import (
    Call,
    Failure,
    Operation,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import integer, text
from tollway.portal.api.resources.gateway import ERROR_FIELDS, POLICIES, PROXY, PROXY_CONFIG
from tollway.portal.api.runs import find
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Proxy, ProxyConfig

_PROXY = "/admin/api/services/{service_id}/proxy"
_CONFIGS = f"{_PROXY}/configs/{{environment}}"
_VERSION = f"{_CONFIGS}/{{version}}"

_INVALID_ENVIRONMENT = Failure(400, "invalid environment")
_ENVIRONMENTS = {
    "sandbox": ProxyConfig.Environment.SANDBOX,
    "staging": ProxyConfig.Environment.SANDBOX,
    "production": ProxyConfig.Environment.PRODUCTION,
}

_SETTINGS = (
    text("endpoint"),
    text("sandbox_endpoint"),
    text("api_backend", nullable=True),
    text("credentials_location"),
    text("auth_app_key"),
    text("auth_app_id"),
    text("auth_user_key"),
    *((integer if "_status_" in name else text)(name) for name in ERROR_FIELDS),
    text("secret_token"),
    text("hostname_rewrite"),
    text("api_test_path"),
)


def _proxy(call: Call) -> Proxy:
    return selectors.proxy_of(call.tenant, product_of(call))


def _update(call: Call) -> Proxy:
    """Change what was given. A product of several backends says null of its private base URL."""
    given = {name: value for name, value in call.given.items() if value is not None}
    return services.update_proxy(product_of(call), by=call.by, **given)


def _deploy(call: Call) -> Proxy:
    return services.deploy(product_of(call), by=call.by)


def _configs(call: Call) -> QuerySet[ProxyConfig] | Failure:
    product = product_of(call)
    environment = _ENVIRONMENTS.get(call.ids["environment"])
    if environment is None:
        return _INVALID_ENVIRONMENT
    return selectors.proxy_configs_of(call.tenant, product, environment)


def _latest(call: Call) -> ProxyConfig | Failure:
    product = product_of(call)
    environment = _ENVIRONMENTS.get(call.ids["environment"])
    if environment is None:
        return _INVALID_ENVIRONMENT
    config = selectors.config_in_force(call.tenant, product, environment)
    if config is None:
        raise Http404
    return config


def _version(call: Call) -> ProxyConfig | Failure:
    configs = _configs(call)
    return configs if isinstance(configs, Failure) else find(configs, version=call.id("version"))


def _promote(call: Call) -> ProxyConfig | Failure:
    original = _version(call)
    if isinstance(original, Failure):
        return original
    to = call.given["to"]
    return services.promote(
        product_of(call),
        by=call.by,
        version=original.version,
        source=original.environment,
        to=_ENVIRONMENTS.get(to, to),
    )


def _of_account(call: Call) -> QuerySet[ProxyConfig] | Failure:
    """Narrow the tenant's configurations as APIcast asks: by host, by version or to the latest."""
    environment = _ENVIRONMENTS.get(call.ids["environment"])
    if environment is None:
        return _INVALID_ENVIRONMENT
    version, host = call.given.get("version", ""), call.given.get("host", "")
    if version == "latest":
        configs = selectors.configs_in_force(call.tenant, environment)
    else:
        configs = selectors.all_proxy_configs_of(call.tenant, environment)
        if version:
            configs = configs.filter(version=int(version) if version.isdigit() else 0)
    return selectors.serving_host(configs, host) if host else configs


def _by_host(call: Call) -> QuerySet[ProxyConfig] | Failure:
    environment = _ENVIRONMENTS.get(call.ids["environment"])
    if environment is None:
        return _INVALID_ENVIRONMENT
    configs = selectors.configs_in_force(call.tenant, environment)
    return selectors.serving_host(configs, call.given["host"]) if "host" in call.given else configs


def _policies(call: Call) -> dict[str, Any]:
    product_of(call)
    return {"policies_config": POLICIES}


OPERATIONS: tuple[Operation, ...] = (
    showing(_PROXY, "Gateway settings of a product", PROXY, _proxy),
    updating(
        _PROXY,
        "Change gateway settings and write a new version for staging",
        PROXY,
        _update,
        params=_SETTINGS,
        wrapper="proxy",
    ),
    Operation(
        "POST",
        f"{_PROXY}/deploy",
        "Write what is set now as a new version for staging, if it differs",
        _deploy,
        PROXY,
        status=201,
    ),
    Operation(
        "GET", f"{_PROXY}/policies", "The policy chain of a product", _policies, document=True
    ),
    listing(
        _CONFIGS, "Versions of one environment (sandbox or production)", PROXY_CONFIG, _configs
    ),
    showing(f"{_CONFIGS}/latest", "The version in force", PROXY_CONFIG, _latest),
    showing(_VERSION, "One version", PROXY_CONFIG, _version),
    Operation(
        "POST",
        f"{_VERSION}/promote",
        "Copy a version to another environment, where it is in force at once",
        _promote,
        PROXY_CONFIG,
        params=(text("to", required=True),),
        status=201,
        insist=("to",),
    ),
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
        _by_host,
        params=(text("host"),),
    ),
)
