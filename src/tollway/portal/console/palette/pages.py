"""The pages that the palette offers: those that exist, and that the user may open.

A page that is added gets a line here, and in ``places`` what its address is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from django.http import HttpRequest
from django.urls import resolve, reverse
from msgspec import Struct

from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.dashboard.steps import PATHS
from tollway.portal.console.palette.hits import Hit, matched
from tollway.portal.console.shell import developer_portal
from tollway.portal.console.sight import Sight
from tollway.portal.console.switches import is_on, switch_of

_OF_A_PRODUCT = re.compile(r"/apiconfig/services/(\d{1,18})(/|$)")


class Page(Struct, frozen=True):
    """``words`` find it beside its title; ``first``: shown before anything has been typed."""

    title: str
    about: str
    icon: str
    place: Callable[[], str]
    words: str = ""
    first: bool = False


class ProductPage(Struct, frozen=True):
    title: str
    icon: str
    place: Callable[[int], str]
    words: str = ""


PAGES = (
    Page("Dashboard", "", "layout-dashboard", places.dashboard, "home start overview", first=True),
    Page("Products", "", "packages", places.products, "services apis", first=True),
    Page("Backends", "", "server-2", places.backends, "upstreams apis", first=True),
    Page("Accounts", "Audience", "building", places.accounts, "developers listing", first=True),
    Page("Applications", "Audience", "app-window", places.applications, "keys", first=True),
    Page("Bulk operations", "Audience", "list-check", places.bulk_runs, "many progress"),
    Page("New application", "Audience", "plus", places.new_application, "add create keys"),
    Page("New product", "Products", "plus", places.new_product, "add create service"),
    Page("New backend", "Backends", "plus", places.new_backend, "add create"),
    Page("Integrate your API", "Wizard", "wand", places.wizard, "onboarding start test"),
    Page("Subscriptions", "Audience", "file-certificate", places.subscriptions, "contracts"),
    Page("Account plans", "Audience", "id-badge-2", places.account_plans, "prices fees"),
    Page("Alerts", "Audience", "gauge", places.alerts, "limits levels"),
    Page("Brand", "Audience", "palette", places.brand, "logo colour theme portal"),
    Page("Legal terms", "Audience", "file-text", places.legal_terms, "licence accept"),
    Page("E-mail addresses", "Audience", "mail", places.addresses, "outgoing support from"),
    Page(
        "ActiveDocs", "Developer portal", "book", places.api_documents, "openapi swagger reference"
    ),
    Page("Sign-up rules", "Audience", "user-check", places.sign_up_rules, "usage approval"),
    Page("Fields", "Audience", "forms", places.fields, "fields definitions custom sign-up form"),
    Page("Feature switches", "Audience", "toggle-right", places.switches, "visibility features"),
    Page(
        "Domains and access code",
        "Settings",
        "lock-access",
        places.portal_access,
        "dns open portal",
    ),
    Page(
        "Users", "Settings", "users", places.team, "people team members permissions rights invite"
    ),
    Page("Organisation", "Settings", "building", places.organisation, "name currency company"),
    Page("Mailbox", "Mails that were sent", "mail", places.mailbox, "letters e-mail outbox"),
)

PRODUCT_PAGES = (
    ProductPage("Overview", "home", places.product),
    ProductPage("Configuration", "plug-connected", places.integration, "integration test staging"),
    ProductPage("Mapping rules", "git-branch", places.mapping_rules, "patterns routes"),
    ProductPage("Methods and metrics", "ruler-2", places.metrics, "hits"),
    ProductPage("Backends", "server-2", places.product_backends, "private base url"),
    ProductPage("ActiveDocs", "book", places.product_api_documents, "openapi swagger documents"),
    ProductPage("Explain a call", "help-circle", places.explain, "why refused decision 403 429"),
    ProductPage("Integration errors", "alert-triangle", places.integration_errors, "faults"),
    ProductPage("Application plans", "list-check", places.application_plans, "limits prices"),
    ProductPage("Service plans", "ticket", places.service_plans, "fees subscriptions"),
    ProductPage("Subscriptions", "file-certificate", places.product_subscriptions, "contracts"),
    ProductPage("Alert rules", "bell", places.alert_rules, "usage levels"),
    ProductPage("Settings", "settings", places.product_settings, "authentication deployment"),
)


def first_pages(sight: Sight) -> list[Hit]:
    """Return the areas."""
    return [_hit(page, "") for page in PAGES if page.first and _opens(sight, page.place())]


def found_pages(sight: Sight, text: str) -> list[Hit]:
    """Return the pages of whose title or other words each word of ``text`` begins one."""
    pages = [*PAGES, *_path_pages()]
    return [
        _hit(page, text)
        for page in pages
        if _begins(f"{page.title} {page.about} {page.words}", text) and _opens(sight, page.place())
    ]


def product_pages(sight: Sight, product: Product, text: str = "") -> list[Hit]:
    """Return the pages of one product, all or those that ``text`` finds."""
    return [
        Hit(page.title, product.name, page.icon, url, match=matched(page.title, text))
        for page in PRODUCT_PAGES
        if _begins(f"{page.title} {page.words}", text)
        and _opens(sight, url := page.place(product.pk))
    ]


def actions(request: HttpRequest, text: str) -> list[Hit]:
    """Return what leads out of the admin portal."""
    title, url = "Visit the developer portal", reverse("visit-portal")
    if not developer_portal(request) or not _begins(title, text):
        return []
    return [Hit(title, "New tab", "world", url, match=matched(title, text), new_tab=True)]


def current_product(sight: Sight, address: str) -> Product | None:
    """Return the product that the page at ``address`` is about."""
    found = _OF_A_PRODUCT.match(address)
    return sight.products().filter(pk=int(found[1])).first() if found else None


def _path_pages() -> Iterator[Page]:
    for path in PATHS:
        address = reverse("dashboard-path", kwargs={"name": path.name})
        title = f"Guided path: {path.title}"
        yield Page(title, path.time, path.icon, partial(str, address), "go live steps")


def _hit(page: Page, text: str) -> Hit:
    return Hit(page.title, page.about, page.icon, page.place(), match=matched(page.title, text))


def _opens(sight: Sight, url: str) -> bool:
    """Say whether a page exists, is not switched off, and lets the user in."""
    if not url:
        return False
    view = resolve(url).func
    return is_on(sight.tenant, switch_of(view)) and view.access.admits(sight.user)  # type: ignore[attr-defined]


def _begins(words: str, text: str) -> bool:
    known = words.lower().split()
    return all(any(word.startswith(part) for word in known) for part in text.lower().split())
