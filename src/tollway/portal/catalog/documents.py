"""The document in a proxy config: one product in APIcast's SERVICE shape (specs: gateway, f).

Built from SQL when a configuration is deployed, and fixed from then on. Of the columns that 3scale
writes, those that nobody reads at a gateway and that change without a change of configuration (the
default plans, `deployed_at`, `api_test_success`) are left out or null, so that equal configurations
give equal texts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from tollway.core.rules import parse_pattern
from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import BackendUsage, MappingRule, Product, Proxy

Document = Mapping[str, Any]

APICAST: Document = {"name": "apicast", "version": "builtin", "configuration": {}}
CONTENT_BYTES_MAX = 2 * 1024 * 1024

_PRODUCT_COLUMNS = (
    "id", "name", "system_name", "state", "description", "intentions_required",
    "buyers_manage_apps", "buyers_manage_keys", "custom_keys_enabled", "mandatory_app_key",
    "buyer_key_regenerate_enabled", "buyer_can_select_plan", "buyer_plan_change_permission",
    "referrer_filters_required", "deployment_option", "support_email", "tenant_id",
)  # fmt: skip
# 3scale writes these, and no gateway reads them: what developers may do is in force at once.
_FOR_PEOPLE = frozenset(
    {
        "description", "state", "intentions_required", "buyers_manage_apps", "buyers_manage_keys",
        "custom_keys_enabled", "mandatory_app_key", "buyer_key_regenerate_enabled",
        "buyer_can_select_plan", "buyer_plan_change_permission", "referrer_filters_required",
        "support_email",
    }
)  # fmt: skip
_ANSWERS = ("auth_missing", "auth_failed", "no_match", "limits_exceeded")
_PROXY_COLUMNS = (
    "id", "tenant_id", "lock_version", "secret_token", "credentials_location", "auth_user_key",
    "auth_app_id", "auth_app_key", "api_test_path", "oidc_issuer_type",
    *(f"error_{part}{answer}" for answer in _ANSWERS for part in ("", "status_", "headers_")),
)  # fmt: skip


def service_document(product: Product) -> Document:
    """Return the SERVICE document of a product as it stands now, in a bounded number of queries."""
    proxy = selectors.proxy_of(product.tenant, product)
    usages = list(selectors.backend_usages_of(product.tenant, product))
    token = selectors.lasting_service_token_of(product.tenant, product)
    return {
        **{name: getattr(product, name) for name in _PRODUCT_COLUMNS},
        **_times(product),
        "account_id": product.tenant_id,
        "backend_version": product.wire_backend_version,
        "proxiable?": product.has_gateway or product.in_service_mesh,
        "backend_authentication_type": "service_token",
        "backend_authentication_value": token.value if token else "",
        "proxy": {
            **{name: getattr(proxy, name) for name in _PROXY_COLUMNS},
            **_times(proxy),
            **_addresses(proxy, usages),
            **_authentication(proxy),
            "service_id": product.pk,
            "deployed_at": None,
            "api_test_success": None,
            "valid?": True,
            "apicast_configuration_driven": True,
            "policy_chain": [*_routing(usages), APICAST],
            "proxy_rules": list(_rules(proxy, usages)),
        },
    }


def encode(document: Document) -> str:
    return msgspec.json.encode(document).decode()


def decode(text: str) -> Document:
    document: Document = msgspec.json.decode(text)
    return document


def hosts_of(document: Document) -> list[str]:
    hosts: list[str] = document["proxy"]["hosts"]
    return hosts


def same(content: str, other: str) -> bool:
    """Say whether two texts configure a gateway alike.

    When rows were last changed, and what only people read, makes no difference.
    """
    return content == other or _timeless(decode(content)) == _timeless(decode(other))


def _timeless(document: Document) -> Document:
    read = {name: value for name, value in document.items() if name not in _FOR_PEOPLE}
    return {**read, "updated_at": None, "proxy": {**document["proxy"], "updated_at": None}}


def served_by_gateways(document: Document) -> bool:
    """Say whether it is for gateways like ours. A service mesh fetches its own by another way."""
    return bool(hosts_of(document))


def token_of(document: Document) -> str:
    token: str = document["backend_authentication_value"]
    return token


def uses_metric(document: Document, metric_id: int) -> bool:
    """Say whether a rule of the document counts this metric."""
    return any(rule["metric_id"] == metric_id for rule in document["proxy"]["proxy_rules"])


def _times(row: Product | Proxy | MappingRule) -> Document:
    created, updated = (t.replace(microsecond=0) for t in (row.created_at, row.updated_at))
    return {"created_at": created, "updated_at": updated}


def _authentication(proxy: Proxy) -> Document:
    return {
        "authentication_method": proxy.product.backend_version,
        "service_backend_version": proxy.product.wire_backend_version,
        "oauth_login_url": None,
        "oidc_issuer_endpoint": proxy.oidc_issuer_endpoint or None,
        "jwt_claim_with_client_id": proxy.jwt_claim_with_client_id or None,
        "jwt_claim_with_client_id_type": proxy.jwt_claim_with_client_id_type or None,
    }


def _addresses(proxy: Proxy, usages: Sequence[BackendUsage]) -> Document:
    production = endpoints.production_endpoint(proxy)
    staging = endpoints.staging_endpoint(proxy)
    production_host, staging_host = urlsplit(production).hostname, urlsplit(staging).hostname
    hosts = [host for host in (production_host, staging_host) if host]
    api_backend = None if _routed(usages) else usages[0].backend.private_endpoint
    authority = settings.TOLLWAY.authority_url
    rewrite = proxy.hostname_rewrite or None
    return {
        "endpoint": production or None,
        "sandbox_endpoint": staging or None,
        "production_domain": production_host,
        "staging_domain": staging_host,
        "endpoint_port": urlsplit(production).port,
        "hosts": list(dict.fromkeys(hosts)),
        "api_backend": api_backend,
        "hostname_rewrite": rewrite,
        "hostname_rewrite_for_sandbox": rewrite or (api_backend and urlsplit(api_backend).hostname),
        "backend": {"endpoint": authority, "host": urlsplit(authority).hostname},
    }


def _routed(usages: Sequence[BackendUsage]) -> bool:
    """Without exactly one backend at `/`, the routing policy chooses the upstream."""
    return [usage.path for usage in usages] != ["/"]


def _routing(usages: Sequence[BackendUsage]) -> Iterator[Document]:
    """Yield the routing policy if one is needed: one rule per backend, the longest path first."""
    if not _routed(usages):
        return
    ordered = sorted(usages, key=lambda usage: usage.path, reverse=True)
    rules = [_route(usage) for usage in ordered]
    yield {"name": "routing", "version": "builtin", "configuration": {"rules": rules}}


def _route(usage: BackendUsage) -> Document:
    root = usage.path == "/"
    path = re.escape(usage.path)
    # 3scale's own expression, which its gateways and ours know; ours lets it end at a segment only.
    fits = "^(/.*)" if root else f"^({path}/.*|{path}/?)"
    route = {
        "url": usage.backend.private_endpoint,
        "owner_id": usage.backend_id,
        "owner_type": "BackendApi",
        "condition": {"operations": [{"match": "path", "op": "matches", "value": fits}]},
    }
    if root:
        return route
    return {**route, "replace_path": f"{{{{uri | remove_first: '{usage.path}'}}}}"}


def _rules(proxy: Proxy, usages: Sequence[BackendUsage]) -> Iterator[Document]:
    """Yield the product's rules, then each backend's below its path."""
    for rule in selectors.mapping_rules_of(proxy.tenant, proxy.product):
        yield _rule(proxy, rule, rule.pattern)
    of_backends = defaultdict(list)
    for rule in selectors.mapping_rules_of_backends(proxy.tenant, proxy.product):
        of_backends[rule.backend_id].append(rule)
    for usage in usages:
        prefix = usage.path.rstrip("/")
        for rule in of_backends[usage.backend_id]:
            yield _rule(proxy, rule, f"{prefix}{rule.pattern}")


def _rule(proxy: Proxy, rule: MappingRule, pattern: str) -> Document:
    parsed = parse_pattern(rule.pattern)
    of_backend = rule.backend_id is not None
    return {
        "id": rule.pk,
        "proxy_id": None if of_backend else proxy.pk,
        "http_method": rule.http_method,
        "pattern": pattern,
        "metric_id": rule.metric_id,
        "metric_system_name": rule.metric.wire_name,
        "delta": rule.delta,
        "position": rule.position,
        "last": rule.last,
        "owner_id": rule.backend_id if of_backend else proxy.pk,
        "owner_type": "BackendApi" if of_backend else "Proxy",
        "redirect_url": None,
        "tenant_id": rule.tenant_id,
        **_times(rule),
        "parameters": list(parsed.variables),
        "querystring_parameters": dict(parsed.query),
    }
