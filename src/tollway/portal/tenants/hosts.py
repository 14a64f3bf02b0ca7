"""Where a tenant's two portals are: the hosts, and addresses for links that are not clicked here.

Links in mail never follow the request that caused them: its `Host` header is the visitor's word.
"""

from __future__ import annotations

from django.conf import settings

from tollway.portal.tenants.models import Tenant


def first_admin_host(tenant: Tenant) -> str:
    """Return the host of the admin portal that every tenant has, without a port."""
    label = tenant.subdomain if tenant.is_master else f"{tenant.subdomain}-admin"
    return f"{label}.{settings.TOLLWAY.domain}"


def first_developer_host(tenant: Tenant) -> str:
    """Return the host of the developer portal that every tenant has, without a port."""
    return f"{tenant.subdomain}.{settings.TOLLWAY.domain}"


def admin_host(tenant: Tenant) -> str:
    """Return the host of the tenant's admin portal, its own if it has one, without a port."""
    return tenant.admin_domain or first_admin_host(tenant)


def developer_host(tenant: Tenant) -> str:
    """Return the host of the tenant's developer portal, its own if it has one, without a port."""
    return tenant.developer_domain or first_developer_host(tenant)


def admin_url(tenant: Tenant, path: str) -> str:
    """Return the address of a page of the admin portal; ``path`` begins with a slash."""
    return _url(admin_host(tenant), path)


def developer_url(tenant: Tenant, path: str) -> str:
    return _url(developer_host(tenant), path)


def developer_origin(tenant: Tenant) -> str:
    """Return what browsers say in `Origin` of the developer portal's pages: no port if usual."""
    origin = _url(developer_host(tenant).lower(), "")
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


def _url(host: str, path: str) -> str:
    origin: str = settings.TOLLWAY.portal_origin
    return origin.replace("*", host) + path
