"""The palette's answers: what there is before anything is typed, and what a text finds.

The text may be a key. So it comes in the body of a POST, is not logged, and is not sent back.
"""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from tollway.portal.accounts.models import Account
from tollway.portal.applications import selectors as applications
from tollway.portal.catalog.models import Backend
from tollway.portal.console.dashboard import recent
from tollway.portal.console.dashboard.operator import organisations, portal_of
from tollway.portal.console.pages import EVERYBODY, page
from tollway.portal.console.palette import finding, pages
from tollway.portal.console.palette.finding import SHOWN, Asked
from tollway.portal.console.palette.hits import Group, Hit, matched
from tollway.portal.console.sight import Sight, sight_of
from tollway.portal.web.site import Side, site_of

TEXT_MAX = 300  # longer than any key


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Answer the options for ``q``, on the page at ``here``."""
    text = request.POST.get("q", "").replace("\0", "").strip()[:TEXT_MAX]
    sight = sight_of(request)
    if site_of(request).side is Side.MASTER:
        groups = _of_operator(request, sight, text)
    elif text:
        groups = _found(request, sight, text)
    else:
        groups = _before(request, sight)
    shown = [group for group in groups if group.hits]
    return render(request, "console/palette_hits.html", {"groups": shown, "text": bool(text)})


def _before(request: HttpRequest, sight: Sight) -> list[Group]:
    product = pages.current_product(sight, request.POST.get("here", ""))
    of_product = pages.product_pages(sight, product) if product else []
    return [
        Group(product.name if product else "", of_product),
        Group("Recently changed", _recent(sight)),
        Group("Pages", pages.first_pages(sight)),
        Group("Actions", pages.actions(request, "")),
    ]


def _found(request: HttpRequest, sight: Sight, text: str) -> list[Group]:
    asked = Asked(text)
    found, by_key = finding.found_applications(sight, asked)
    if by_key:
        return [Group("Applications", [finding.application_hit(each) for each in found])]
    products = finding.products(sight, asked)
    backends = finding.backends(sight, asked)
    accounts = finding.found_accounts(sight, asked)
    current = pages.current_product(sight, request.POST.get("here", ""))
    near = current or (products[0] if len(products) == 1 else None)
    return [
        Group(
            "Products and backends",
            [
                *(finding.product_hit(each, text) for each in products),
                *(finding.backend_hit(each, text) for each in backends),
            ],
        ),
        Group(
            "Accounts and applications",
            [
                *(finding.account_hit(each, text) for each in accounts),
                *(finding.application_hit(each, text) for each in found),
            ],
        ),
        Group(
            "Pages",
            [
                *pages.found_pages(sight, text),
                *(pages.product_pages(sight, near, "" if near is not current else text)
                  if near else []),
            ],
        ),
        Group("Actions", pages.actions(request, text)),
    ]  # fmt: skip


def _recent(sight: Sight) -> list[Hit]:
    """Return what has been changed last, a query for each kind of it."""
    newest = recent.objects(sight, SHOWN)
    ids: dict[str, list[int]] = {}
    for kind, pk in newest:
        ids.setdefault(kind, []).append(pk)
    found: dict[tuple[str, int], Hit] = {}
    for product in sight.products().filter(pk__in=ids.get("product", [])):
        found["product", product.pk] = finding.product_hit(product)
    for backend in Backend.objects.filter(tenant=sight.tenant, pk__in=ids.get("backend", [])):
        found["backend", backend.pk] = finding.backend_hit(backend)
    for account in Account.objects.filter(tenant=sight.tenant, pk__in=ids.get("account", [])):
        found["account", account.pk] = finding.account_hit(account)
    owned = applications.applications_of(sight.tenant).filter(pk__in=ids.get("application", []))
    for application in owned:
        found["application", application.pk] = finding.application_hit(application)
    return [found[each] for each in newest if each in found]


def _of_operator(request: HttpRequest, sight: Sight, text: str) -> list[Group]:
    """Find organisations, and lead to their portals."""
    rows = organisations(sight)
    if text:
        rows = rows.filter(Q(org_name__icontains=text) | Q(subdomain__icontains=text))
    hits = [
        Hit(
            each.org_name, f"Organisation · {each.get_state_display()}", "building",
            portal_of(request, each), match=matched(each.org_name, text),
        )
        for each in rows.order_by("org_name")[:SHOWN]
    ]  # fmt: skip
    found = pages.found_pages(sight, text) if text else pages.first_pages(sight)
    return [Group("Organisations", hits), Group("Pages", found[:1])]


routes = [page("p/admin/palette", find, name="palette", section=EVERYBODY)]
