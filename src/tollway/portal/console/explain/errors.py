"""Integration errors of a product: what plugins, clients and gateways asked in vain."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.standing import selectors
from tollway.portal.standing.services import purge_integration_errors
from tollway.portal.web.toasts import tell
from tollway.store import StoreUnavailableError

ITEM = "product-errors"
SHOWN_MAX = 200


@require_safe
def page(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    sight = sight_of(request)
    errors = selectors.integration_errors_of(sight.tenant, product)
    context = {
        "product": product,
        "audience": sight.audience,
        "known": errors is not None,
        "total": len(errors or ()),
        "errors": (errors or ())[:SHOWN_MAX],
        "purge_url": reverse("product-errors-purge", kwargs={"product_id": product.pk}),
    }
    section = product_section(request, product, ITEM)
    return show(request, "console/explain/errors.html", section, context)


@require_POST
def purge(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    try:
        purge_integration_errors(product, by=actor_of(request))
    except StoreUnavailableError:
        tell(request, "Nothing was purged: the store does not answer just now")
    else:
        tell(request, "Integration errors purged")
    return HttpResponseRedirect(reverse(ITEM, kwargs={"product_id": product.pk}))
