"""The lists of subscriptions: all, to one product, of one account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Expression
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.contracts.filters import SubscriptionFilters
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section, show
from tollway.portal.console.sight import sight_of
from tollway.portal.console.ticking import bar_of
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import matching_subscriptions
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import listed

LIST = "subscriptions"
_SORTS: Mapping[str, str | Expression] = {
    "account": Lower("account__org_name"),
    "product": Lower("product__name"),
    "plan": Lower("plan__name"),
    "created": "created_at",
}
KINDS = (
    "subscriptions-accept",
    "subscriptions-suspend",
    "subscriptions-resume",
    "subscriptions-plan",
    "subscriptions-letter",
)
_OF_PRODUCT = "search[service_id]"  # so 3scale's addresses name the product


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    product = chosen_id(request.GET.get(_OF_PRODUCT, ""))
    if product:
        return redirect("product-subscriptions", product_id=product)
    return _list(request, audience_section(LIST), {})


@require_safe
def of_product(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    section = product_section(request, product, "product-subscriptions")
    return _list(request, section, {"product": product})


@require_safe
def of_account(request: HttpRequest, account_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    return _list(request, audience_section("accounts"), {"account": account})


def _list(request: HttpRequest, section: Section, about: Mapping[str, Any]) -> HttpResponse:
    """Show those of ``about``, a product or an account, or all."""
    sight = sight_of(request)
    product, account = about.get("product"), about.get("account")
    filters = SubscriptionFilters(request.GET, sight, product and product.pk)

    def narrowed(text: str | None) -> QuerySet[ServiceSubscription]:
        wanted = filters.wanted(account_id=account and account.pk, text=text)
        return sight.within(matching_subscriptions(sight.tenant, wanted), "product")

    listing = listed(
        request,
        narrowed(None),
        sorts=_SORTS,
        default="-created",
        search=lambda _, text: narrowed(text),
    )
    narrow = {f"of_{name}": row.pk for name, row in about.items()}
    context = {"listing": listing, "filters": filters, "bar": bar_of(KINDS, listing, **narrow)}
    return show(request, "console/contracts/index.html", section, {**context, **about})
