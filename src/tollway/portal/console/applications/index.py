"""The lists of applications: all, of one product, of one account."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet
from django.db.models.expressions import Expression
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import matching_applications
from tollway.portal.catalog.models import Product
from tollway.portal.console.applications.filters import ApplicationFilters
from tollway.portal.console.applications.sheet import sheet_of
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.console.ticking import bar_of
from tollway.portal.web.listing import CSV, listed, text_of
from tollway.portal.web.site import site_of

_SORTS: Mapping[str, str | Expression] = {
    "name": Lower("name"),
    "account": Lower("account__org_name"),
    "created": "created_at",
    "traffic": "last_traffic_at",
}
KINDS = (
    "applications-accept",
    "applications-suspend",
    "applications-resume",
    "applications-plan",
    "applications-letter",
)


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    return _list(request, audience_section("applications"))


@require_safe
def of_product(request: HttpRequest, product_id: int) -> HttpResponseBase:
    product = product_or_404(request, product_id)
    section = product_section(request, product, "product-applications")
    return _list(request, section, product=product)


@require_safe
def of_account(request: HttpRequest, account_id: int) -> HttpResponseBase:
    account = accounts.accounts_of(site_of(request).tenant).filter(pk=account_id).first()
    if account is None:
        raise Http404
    return _list(request, audience_section("accounts"), account=account)


def _list(
    request: HttpRequest,
    section: Section,
    *,
    product: Product | None = None,
    account: Account | None = None,
) -> HttpResponseBase:
    sight = sight_of(request)
    of_product, of_account = (row.pk if row else None for row in (product, account))
    filters = ApplicationFilters(
        request.GET, sight, product=product, of_account=account is not None
    )

    def narrowed(text: str | None) -> QuerySet[Application]:
        wanted = filters.wanted(product=of_product, account=of_account, text=text)
        return sight.within(matching_applications(sight.tenant, wanted), "product")

    if CSV in request.GET:
        return sheet_of(sight.tenant, narrowed(text_of(request.GET) or None))
    listing = listed(
        request,
        narrowed(None),
        sorts=_SORTS,
        default="-created",
        search=lambda _, text: narrowed(text),
    )
    context = {
        "listing": listing,
        "filters": filters,
        "bar": bar_of(KINDS, listing, of_product=of_product, of_account=of_account),
        "product": product,
        "account": account,
        "new_url": _new(product, account),
    }
    return show(request, "console/applications/index.html", section, context)


def _new(product: Product | None, account: Account | None) -> str:
    """Return where an application is made, for what the list is of."""
    if account is not None:
        return reverse("application-new", args=(account.pk,))
    if product is not None:
        return reverse("product-application-new", args=(product.pk,))
    return reverse("any-application-new")
