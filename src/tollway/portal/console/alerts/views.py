"""Which applications have reached a level of a limit; read and deleted here (feature map, AL3)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.alerts.models import Alert
from tollway.portal.alerts.selectors import alerts_of
from tollway.portal.alerts.services import mark as mark_alerts
from tollway.portal.alerts.services import unmark
from tollway.portal.catalog.models import Product
from tollway.portal.console import places
from tollway.portal.console.alerts.filters import AlertFilter
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.listing import TEXT, Listing, listed, text_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

STATES = {"read": "marked as read", "deleted": "deleted"}


@require_safe
def index(request: HttpRequest, product_id: int | None = None) -> HttpResponse:
    product = None if product_id is None else product_or_404(request, product_id)
    sight = sight_of(request)
    filters = AlertFilter(request.GET, products=_products(request, product))
    listing = listed(
        request,
        filters.narrow(_seen(request, product)).select_related("application", "account", "product"),
        sorts={"time": "created_at", "level": "level", "application": "application__name"},
        default="-time",
        search=_search,
    )
    found = _narrowed(request, filters, product)
    last, unread = found.aggregate(
        last=Max("pk"), unread=Count("pk", filter=Q(state=Alert.State.UNREAD))
    ).values()
    rows = [
        (alert, places.account(alert.account_id), places.application(alert.application_id))
        for alert in listing.page.object_list
    ]
    context = {
        "listing": listing, "filters": filters, "rows": rows, "product": product,
        "mark": _address(product, "-mark") + _asked(listing, filters),
        "last": last, "unread": unread, "scope": _scope(listing, filters),
        "rules": places.alert_rules(product.pk) if product else "",
        "sight": sight,
    }  # fmt: skip
    section = (
        product_section(request, product, "product-alerts")
        if product
        else audience_section("alerts")
    )
    return show(request, "console/alerts/index.html", section, context)


@require_POST
def mark(request: HttpRequest, product_id: int | None = None) -> HttpResponse:
    """Mark one alert (``alert``) or ``all``, as ``state`` says; or undo a change by its ``token``.

    All are those that the list shows with the filters of the address, up to the id ``last``: what
    has come since has not been seen. What is not there, or not this user's to see, is left alone.
    """
    product = None if product_id is None else product_or_404(request, product_id)
    tenant, by, state = site_of(request).tenant, actor_of(request), request.POST.get("state", "")
    if token := request.POST.get("token", ""):
        unmark(tenant, _seen(request, product, deleted=True), token, by=by)
    elif state in STATES:
        done = mark_alerts(tenant, _chosen(request, product), state, by=by)
        if done.count:
            what = "1 alert" if done.count == 1 else f"{done.count:,} alerts"
            undo = {"undo": request.get_full_path(), "token": done.token}
            tell(request, f"{what} {STATES[state]}", **undo)
        else:
            tell(request, "No alert was changed", "What was listed is not there any more.")
    return redirect(f"{_address(product)}?{request.GET.urlencode()}".removesuffix("?"))


def _chosen(request: HttpRequest, product: Product | None) -> QuerySet[Alert]:
    if "all" not in request.POST:
        return _seen(request, product).filter(pk=chosen_id(request.POST.get("alert", "")))
    filters = AlertFilter(request.GET, products=_products(request, product))
    if not filters.is_valid():  # of a choice that is gone; the list says then what it shows
        return Alert.objects.none()
    last = chosen_id(request.POST.get("last", ""))
    return _narrowed(request, filters, product).filter(pk__lte=last)


def _narrowed(
    request: HttpRequest, filters: AlertFilter, product: Product | None
) -> QuerySet[Alert]:
    """Return what the list shows, on all of its pages."""
    rows, text = filters.narrow(_seen(request, product)), text_of(request.GET)
    return _search(rows, text) if text else rows


def _asked(listing: Listing, filters: AlertFilter) -> str:
    """Return the query string that says what is listed: without filters that are no choice."""
    if filters.is_valid():
        return listing.address(page=listing.page.number)
    return f"?{urlencode({TEXT: listing.text})}"


def _scope(listing: Listing, filters: AlertFilter) -> str:
    """Say which alerts are meant by all of them."""
    if listing.text or (filters.is_valid() and any(filters.cleaned_data.values())):
        return "Only those that are listed now, as you have narrowed them down. The others stay."
    pages = " on all pages" if listing.page.has_other_pages() else ""
    return f"All that are listed{pages}. Those that come meanwhile stay."


def _products(request: HttpRequest, product: Product | None) -> QuerySet[Product]:
    """Return the products that the list can be narrowed down to."""
    return sight_of(request).products() if product is None else Product.objects.none()


def _seen(
    request: HttpRequest, product: Product | None, *, deleted: bool = False
) -> QuerySet[Alert]:
    """Return the alerts of the products that the user may see."""
    tenant = site_of(request).tenant
    rows = alerts_of(tenant)
    if deleted:
        rows = Alert.objects.filter(tenant=tenant, audience=Alert.Audience.PROVIDER)
    if product is not None:
        rows = rows.filter(product=product)
    return sight_of(request).within(rows, "product_id")


def _search(rows: QuerySet[Alert], text: str) -> QuerySet[Alert]:
    return rows.filter(
        Q(application__name__icontains=text)
        | Q(account__org_name__icontains=text)
        | Q(limit__icontains=text)
    )


def _address(product: Product | None, act: str = "") -> str:
    if product is None:
        return reverse(f"alerts{act}")
    return reverse(f"product-alerts{act}", kwargs={"product_id": product.pk})
