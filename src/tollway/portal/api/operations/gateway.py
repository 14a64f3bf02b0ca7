"""How gateways serve a product: settings, deploying, promoting, and its versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.api.operation import (
    Call,
    Failure,
    Operation,
    creating,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import boolean, integer, text
from tollway.portal.api.resources.gateway import (
    ERROR_FIELDS,
    OIDC_CONFIGURATION,
    POLICIES,
    PROXY,
    PROXY_CONFIG,
)
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Proxy, ProxyConfig

_PROXY = "/admin/api/services/{service_id}/proxy"
_CONFIGS = f"{_PROXY}/configs/{{environment}}"
_VERSION = f"{_CONFIGS}/{{version}}"

T = TypeVar("T")

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
    text("oidc_issuer_endpoint"),
    text("oidc_issuer_type", nullable=True),
    text("jwt_claim_with_client_id"),
    text("jwt_claim_with_client_id_type"),
    integer("lock_version", nullable=True),
)


def _proxy(call: Call) -> Proxy:
    return selectors.proxy_of(call.tenant, product_of(call))


def _update(call: Call) -> Proxy | Failure:
    """Change what was given. A product of several backends says null of its private base URL."""
    given = {name: value for name, value in call.given.items() if value is not None}
    try:
        return services.update_proxy(product_of(call), by=call.by, **given)
    except services.EditedMeanwhileError:
        return Failure(409, services.EDITED)


def _update_flows(call: Call) -> Proxy:
    return services.update_oidc_flows(product_of(call), by=call.by, **call.given)


def _deploy(call: Call) -> Proxy:
    return services.deploy(product_of(call), by=call.by)


def in_environment(run: Callable[[Call, str], T]) -> Callable[[Call], T | Failure]:
    """Tell ``run`` the environment that the path names; refuse a word that names none."""

    def checked(call: Call) -> T | Failure:
        environment = _ENVIRONMENTS.get(call.ids["environment"])
        return _INVALID_ENVIRONMENT if environment is None else run(call, environment)

    return checked


@in_environment
def _configs(call: Call, environment: str) -> QuerySet[ProxyConfig]:
    return selectors.proxy_configs_of(call.tenant, product_of(call), environment)


@in_environment
def _latest(call: Call, environment: str) -> ProxyConfig:
    return _there(selectors.config_in_force(call.tenant, product_of(call), environment))


@in_environment
def _version(call: Call, environment: str) -> ProxyConfig:
    version, product = call.id("version"), product_of(call)
    return _there(selectors.config_of_version(call.tenant, product, environment, version))


def _there(config: ProxyConfig | None) -> ProxyConfig:
    if config is None:
        raise Http404
    return config


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


def _policies(call: Call) -> dict[str, Any]:
    product_of(call)
    return {"policies_config": POLICIES}


_ROWS: tuple[Operation, ...] = (
    showing(_PROXY, "Gateway settings of a product", PROXY, _proxy),
    updating(
        _PROXY,
        "Change gateway settings and write a new version for staging",
        PROXY,
        _update,
        params=_SETTINGS,
        wrapper="proxy",
    ),
    creating(
        f"{_PROXY}/deploy",
        "Write what is set now as a new version for staging, if it differs",
        PROXY,
        _deploy,
    ).refusing(422),
    showing(
        f"{_PROXY}/oidc_configuration",
        "By which flows OpenID Connect gives tokens to a product's clients",
        OIDC_CONFIGURATION,
        _proxy,
    ),
    updating(
        f"{_PROXY}/oidc_configuration",
        "Switch flows of OpenID Connect",
        OIDC_CONFIGURATION,
        _update_flows,
        params=tuple(boolean(flow) for flow in services.FLOWS),
        wrapper="oidc_configuration",
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
        "Copy a version to another environment, where it is in force at once; also an older one",
        _promote,
        PROXY_CONFIG,
        params=(text("to", required=True),),
        status=201,
        insist=("to",),
    ),
)

OPERATIONS = in_section("plans", _ROWS)
