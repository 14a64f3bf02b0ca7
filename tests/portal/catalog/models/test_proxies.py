"""Gateways' settings: what is kept sealed comes back."""

from __future__ import annotations

from tollway.portal.catalog.models.proxies import Proxy, ProxyConfig
from tollway.portal.fields import seal


def test_secrets_come_back_from_their_seals() -> None:
    issuer = "https://client:secret@idp.example"
    proxy = Proxy(
        secret_token_sealed=seal("token", "secret_token"),
        oidc_issuer_endpoint_sealed=seal(issuer, "oidc_issuer_endpoint"),
    )
    assert (proxy.secret_token, proxy.oidc_issuer_endpoint) == ("token", issuer)
    assert Proxy().oidc_issuer_endpoint == ""
    assert ProxyConfig(content_sealed=seal("{}", "proxy_config")).content == "{}"
