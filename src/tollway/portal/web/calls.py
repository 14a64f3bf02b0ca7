"""A call that can be pasted: the curl line that a product answers, with an application's keys."""

from __future__ import annotations

import shlex
from urllib.parse import urlencode

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of, keys_of
from tollway.portal.catalog.endpoints import production_endpoint, staging_endpoint
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.catalog.selectors import config_in_force
from tollway.portal.tenants.models import Tenant

Credentials = dict[str, str]


def public_endpoint(tenant: Tenant, product: Product, proxy: Proxy) -> str:
    """Return where a product is served now: production rather than staging; "" if nowhere."""
    for environment, endpoint_of in (
        (ProxyConfig.Environment.PRODUCTION, production_endpoint),
        (ProxyConfig.Environment.SANDBOX, staging_endpoint),
    ):
        if config_in_force(tenant, product, environment) is not None:
            return endpoint_of(proxy)
    return ""


def first_application(product: Product) -> Application | None:
    """Return who calls in examples and tests: the oldest application that is live."""
    live = applications_of(product.tenant).filter(product=product, state=Application.State.LIVE)
    return live.first()


def credentials_for(
    tenant: Tenant, product: Product, proxy: Proxy, application: Application
) -> Credentials:
    """Return what a caller shows, by the name that it goes under; nothing with OpenID Connect.

    An application that has an id but no key yet shows the id alone.
    """
    mode = Product.BackendVersion(product.backend_version)
    if mode is Product.BackendVersion.USER_KEY:
        return {proxy.auth_user_key: application.user_key}
    if mode is Product.BackendVersion.APP_ID_AND_KEY:
        key = keys_of(tenant, application).filter(expires_at__isnull=True).last()
        shown = {proxy.auth_app_id: application.application_id}
        return {**shown, proxy.auth_app_key: key.value} if key else shown
    return {}


def placeholders(product: Product, proxy: Proxy) -> Credentials:
    """Return what stands for credentials; with OpenID Connect the line has its own."""
    if product.backend_version == Product.BackendVersion.USER_KEY:
        return {proxy.auth_user_key: "USER_KEY"}
    if product.backend_version == Product.BackendVersion.APP_ID_AND_KEY:
        return {proxy.auth_app_id: "APP_ID", proxy.auth_app_key: "APP_KEY"}
    return {}


def curl(endpoint: str, path: str, proxy: Proxy, credentials: Credentials) -> str:
    """Return a line for a shell, with the credentials where the product wants them.

    ``path`` begins with a slash and may have a query. Placeholders stand for credentials that are
    not there (OpenID Connect: an access token).
    """
    url = f"{endpoint}{path or '/'}"
    place = Proxy.CredentialsLocation(proxy.credentials_location)
    if not credentials:
        return f'curl {_quoted(url)} -H "Authorization: Bearer ACCESS_TOKEN"'
    if place is Proxy.CredentialsLocation.QUERY:
        joint = "&" if "?" in url else "?"
        return f"curl {_quoted(f'{url}{joint}{urlencode(credentials)}')}"
    if place is Proxy.CredentialsLocation.HEADERS:
        headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in credentials.items()]
        return " ".join(["curl", _quoted(url), *headers])
    user, *key = credentials.values()
    login = ":".join([user, *(key or [""])])
    return f"curl {_quoted(url)} -u {shlex.quote(login)}"


def _quoted(url: str) -> str:
    """Quote as everybody does, but so that a shell runs nothing that a path has in it."""
    return shlex.quote(url) if set(url) & set('"$`\\!') else f'"{url}"'
