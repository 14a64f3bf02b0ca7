"""Plans and pricing: what each product offers, side by side, and the way to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.developer.changing import MAY
from tollway.portal.developer.frame import show, sign_up_is_open
from tollway.portal.developer.lists import plain
from tollway.portal.developer.making import products_for, to_subscribe_first
from tollway.portal.developer.offers import Offer, Way, offers_of, products_offered_by
from tollway.portal.developer.pages import present
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of

PRODUCTS_PER_PAGE = 10


class Shelf(Struct, frozen=True):
    """An offer with a way for each of its plans."""

    offer: Offer
    ways: tuple[Way, ...]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    listing = listed(
        request,
        products_offered_by(tenant),
        sorts={"id": "id"},
        default="id",
        search=lambda rows, text: rows.filter(name__icontains=text),
        per_page=PRODUCTS_PER_PAGE,
    )
    products = list(listing.page.object_list)
    offers = {offer.product_id: offer for offer in offers_of(tenant, products)}
    ways = _ways(request, tenant, [offers[product.pk] for product in products])
    shelves = plain(listing, lambda product: Shelf(offers[product.pk], tuple(ways[product.pk])))
    return show(request, "plans", {"shelves": shelves}, item="developer-plans")


def _ways(request: HttpRequest, tenant: Tenant, offers: Sequence[Offer]) -> Mapping[int, list[Way]]:
    developer = present(request)
    if developer is None:
        opens = sign_up_is_open(tenant)
        return {offer.product_id: _for_visitors(offer, opens=opens) for offer in offers}
    ids = [offer.product_id for offer in offers]
    mine: defaultdict[int, list[Application]] = defaultdict(list)
    for row in applications_of(tenant, developer.account).filter(product__in=ids)[:100]:
        mine[row.product_id].append(row)
    new = _new(tenant, developer.account, ids)
    waiting = to_subscribe_first(tenant, developer.account).filter(pk__in=ids)
    first = set(waiting.values_list("pk", flat=True))
    return {
        pk: _subscribing(offer) if pk in first else _for_developers(offer, mine[pk], pk in new)
        for pk, offer in zip(ids, offers, strict=True)
    }


def _new(tenant: Tenant, account: Account, ids: Sequence[int]) -> set[int]:
    """Return the products on which the account may make an application with a plan of choice."""
    found = products_for(tenant, account).filter(pk__in=ids, buyer_can_select_plan=True)
    return set(found.values_list("pk", flat=True))


def _for_visitors(offer: Offer, *, opens: bool) -> list[Way]:
    sign_up = reverse("developer-sign-up")
    return [
        Way(f"Sign up for {column.name}", f"{sign_up}?plan_ids[]={column.id}", first=at == 0)
        if opens
        else Way("")
        for at, column in enumerate(offer.columns)
    ]


def _subscribing(offer: Offer) -> list[Way]:
    """One subscribes to the product first, whatever the application's plan."""
    url = f"{reverse('developer-subscribe')}?service_id={offer.product_id}"
    return [Way("Subscribe first", url) for _ in offer.columns]


def _for_developers(offer: Offer, mine: Sequence[Application], new: bool) -> list[Way]:  # noqa: FBT001
    return [_for_developer(column.id, column.name, mine, new) for column in offer.columns]


def _for_developer(plan: int, name: str, mine: Sequence[Application], new: bool) -> Way:  # noqa: FBT001
    if any(row.plan_id == plan for row in mine):
        return Way("Your plan")
    if len(mine) == 1 and MAY.get(mine[0].product.buyer_plan_change_permission):
        url = reverse("developer-application-plan", kwargs={"application_id": mine[0].pk})
        return Way(f"Change to {name}", f"{url}?plan={plan}")
    if new:
        return Way(f"New application with {name}", f"{reverse('developer-new')}?plan={plan}")
    return Way("")
