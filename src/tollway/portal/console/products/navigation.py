"""The navigation within one product, and the bar that says what waits for promotion.

Every page of a product takes ``product_id`` from its address, and asks here for its frame:

    show(request, "…/page.html", product_section(request, product, "product-rules"), context)

A page that comes later adds its line to ``GROUPS``.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.differences import differences
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.catalog.pending import pending_changes
from tollway.portal.console.shell import Group, Item, Pending, Section, Subject
from tollway.portal.console.switches import SERVICE_PLANS
from tollway.portal.web.site import site_of

CONFIGURATION = "integration"  # the name of the configuration page, where the bar leads

GROUPS = (
    Group("", (Item("Overview", "product", "home"),)),
    Group(
        "Integration",
        (
            Item("Configuration", CONFIGURATION, "route"),
            Item("Mapping rules", "product-rules", "git-branch"),
            Item("Methods and metrics", "product-metrics", "ruler-2"),
            Item("Backends", "product-backends", "server-2"),
            Item("ActiveDocs", "product-api-documents", "book"),
            Item("Settings", "product-settings", "adjustments-horizontal"),
        ),
    ),
    Group(
        "Access",
        (
            Item("Applications", "product-applications", "app-window"),
            Item("Application plans", "application-plans", "receipt"),
            Item("Subscriptions", "product-subscriptions", "file-certificate", SERVICE_PLANS),
            Item("Service plans", "service-plans", "ticket", SERVICE_PLANS),
            Item("Usage rules", "product-usage-rules", "bell"),
            Item("Alerts", "product-alerts", "gauge"),
        ),
    ),
    Group(
        "Analytics",
        (
            Item("Explain a call", "product-explain", "help-circle"),
            Item("Integration errors", "product-errors", "alert-triangle"),
        ),
    ),
)


def product_section(request: HttpRequest, product: Product, item: str) -> Section:
    """Return the frame of a product's page. ``item`` is the name of the page in the navigation."""
    subject = Subject("Product", product.name, product.system_name, reverse("products"))
    return Section(
        area="products",
        item=item,
        groups=GROUPS,
        parts={"product_id": product.pk},
        subject=subject,
        pending=_pending(request, product, item),
    )


def _pending(request: HttpRequest, product: Product, item: str) -> Pending | None:
    """Say what waits; not on the configuration page, which shows the difference itself."""
    if item == CONFIGURATION:
        return None
    tenant = site_of(request).tenant
    waits = pending_changes(tenant, product)
    if not (waits.staging or waits.production):
        return None
    staging, production = (
        selectors.config_in_force(tenant, product, environment)
        for environment in (ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION)
    )
    runs = f"roduction {_runs(production)}."
    url = reverse(CONFIGURATION, kwargs={"product_id": product.pk})
    if product.in_service_mesh:
        return Pending("Changes wait for the service mesh.", f"P{runs}", url)
    text = (
        "Changes wait to be deployed to staging." if waits.staging else _ahead(staging, production)
    )
    return Pending(text, f"Staging {_runs(staging)}, p{runs}", url)


def _runs(config: ProxyConfig | None) -> str:
    return f"runs v{config.version}" if config else "runs nothing yet"


def _ahead(staging: ProxyConfig | None, production: ProxyConfig | None) -> str:
    """Count what promoting would change, where there is something to compare."""
    if staging is None or production is None:
        return "Staging waits to be promoted to production."
    before, after = documents.decode(production.content), documents.decode(staging.content)
    count = len(differences(before, after))
    if not count:
        return "Staging is ahead of production."
    return f"{count} change{'s wait' if count > 1 else ' waits'} on staging."
