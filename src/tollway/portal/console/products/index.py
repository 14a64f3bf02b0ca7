"""The list of products: what each is called with, how much, and what runs where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications import selectors as applications
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.console.pages import user_of
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of

DAY_S = 24 * 3600
HERE = Section("products")
_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION


class Row(Struct, frozen=True):
    """``staging`` and ``production`` are the versions in force there; 0: none."""

    product: Product
    applications: int
    calls: int
    staging: int
    production: int

    @property
    def waits(self) -> bool:
        return self.product.has_gateway and self.staging != self.production


def products_for(request: HttpRequest) -> QuerySet[Product]:
    """Return the products of the tenant that the user may see."""
    allowed = user_of(request).allowed_products()
    found = selectors.products_of(site_of(request).tenant)
    return found if allowed is None else found.filter(pk__in=allowed)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    listing = listed(
        request,
        products_for(request).annotate(application_count=_application_count(tenant)),
        sorts={
            "name": Lower("name"),
            "applications": "application_count",
            "updated": "updated_at",
        },
        default="name",
        search=_search,
    )
    context = {
        "sight": sight_of(request),
        "listing": listing,
        "rows": rows_of(tenant, listing.page.object_list),
        "may_create": may_create(request),
        "room": tenant.max_services,
    }
    return show(request, "console/products/index.html", HERE, context)


def may_create(request: HttpRequest) -> bool:
    """Say whether a new product would be seen by who makes it."""
    return user_of(request).allowed_products() is None


def _search(products: QuerySet[Any], text: str) -> QuerySet[Any]:
    return products.filter(
        Q(name__icontains=text) | Q(system_name__icontains=text) | Q(description__icontains=text)
    )


def _application_count(tenant: Tenant) -> Coalesce:
    """Count by a subquery: joined, the rows of all applications would be grouped for each page."""
    found = applications.applications_of(tenant).filter(product=OuterRef("pk")).order_by()
    count = found.values("product").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)


def rows_of(tenant: Tenant, products: Iterable[Any]) -> list[Row]:
    """Add to products what their rows show. They carry ``application_count``."""
    products = list(products)
    until = quarter_of(clock.now()) + QUARTER_S
    calls = analytics.totals_by(
        "product_id",
        analytics.calls_of(tenant).filter(product_id__in=[each.pk for each in products]),
        since=until - DAY_S,
        until=until,
    )
    staging, production = (
        versions(tenant, products, environment) for environment in (_SANDBOX, _PRODUCTION)
    )
    return [
        Row(
            product,
            product.application_count,
            calls.get(product.pk, 0),
            staging.get(product.pk, 0),
            production.get(product.pk, 0),
        )
        for product in products
    ]


def versions(
    tenant: Tenant, products: Iterable[Product], environment: ProxyConfig.Environment
) -> Mapping[int, int]:
    """Return the version in force of each product that has one."""
    configs = selectors.all_proxy_configs_of(tenant, environment).filter(product__in=products)
    newest = selectors.configs_in_force(tenant, environment).filter(pk__in=configs.values("pk"))
    return dict(newest.values_list("product_id", "version"))
