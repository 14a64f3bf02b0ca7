"""Shapes of a product's gateway settings, and of the versions of its configuration."""

from __future__ import annotations

from typing import Any

import msgspec

from tollway.portal.api.resource import TIMES, Resource
from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig

# The gateway's own step, the only policy there is.
POLICIES: list[dict[str, Any]] = [
    {"name": "apicast", "version": "builtin", "configuration": {}, "enabled": True}
]

_FAULTS = ("auth_failed", "auth_missing", "no_match", "limits_exceeded")
ERROR_FIELDS = tuple(
    f"{part}_{fault}" for fault in _FAULTS for part in ("error", "error_status", "error_headers")
)
_PROXY = (
    "service_id", "endpoint", "deployed_at", "api_backend", "credentials_location", "auth_app_key",
    "auth_app_id", "auth_user_key", *ERROR_FIELDS, "secret_token", "hostname_rewrite",
    "oauth_login_url", "sandbox_endpoint", "api_test_path", "api_test_success", "policies_config",
    *TIMES, "deployment_option", "lock_version", "oidc_issuer_endpoint", "oidc_issuer_type",
    "jwt_claim_with_client_id", "jwt_claim_with_client_id_type",
)  # fmt: skip


def _path(proxy: Proxy) -> str:
    return f"/admin/api/services/{proxy.product_id}/proxy"


def _by_openid_connect(proxy: Proxy) -> bool:
    return proxy.product.backend_version == Product.BackendVersion.OIDC


def _api_backend(proxy: Proxy) -> str | None:
    return selectors.api_backend_of(proxy.tenant, proxy.product)


PROXY = Resource(
    "proxy",
    "",
    json=_PROXY,  # no `id`: 3scale's Python client would put it into the path of an update
    xml=_PROXY,
    values={
        "service_id": lambda proxy: proxy.product_id,
        "endpoint": lambda proxy: endpoints.production_endpoint(proxy) or None,
        "sandbox_endpoint": lambda proxy: endpoints.staging_endpoint(proxy) or None,
        "api_backend": _api_backend,
        "oauth_login_url": lambda _proxy: None,
        "deployment_option": lambda proxy: proxy.product.deployment_option,
        "policies_config": lambda _proxy: POLICIES,
        "oidc_issuer_endpoint": lambda proxy: proxy.oidc_issuer_endpoint or None,
        "jwt_claim_with_client_id": lambda proxy: proxy.jwt_claim_with_client_id or None,
        "jwt_claim_with_client_id_type": lambda proxy: proxy.jwt_claim_with_client_id_type or None,
    },
    when=dict.fromkeys(
        (
            "oidc_issuer_endpoint", "oidc_issuer_type", "jwt_claim_with_client_id",
            "jwt_claim_with_client_id_type",
        ),
        _by_openid_connect,
    ),
    links={
        "self": _path,
        "service": lambda proxy: f"/admin/api/services/{proxy.product_id}",
        "mapping_rules": lambda proxy: f"{_path(proxy)}/mapping_rules",
    },
    relative_links=True,
)  # fmt: skip

_FLOWS = (
    "id", "standard_flow_enabled", "implicit_flow_enabled", "service_accounts_enabled",
    "direct_access_grants_enabled",
)  # fmt: skip

OIDC_CONFIGURATION = Resource("oidc_configuration", "", json=_FLOWS, xml=_FLOWS)


def _content(config: ProxyConfig) -> msgspec.Raw:
    """Pass the document on: it is JSON already."""
    return msgspec.Raw(config.content.encode())


PROXY_CONFIG = Resource(
    "proxy_config",
    "proxy_configs",
    json=("id", "version", "environment", "content"),
    values={"content": _content},
)
