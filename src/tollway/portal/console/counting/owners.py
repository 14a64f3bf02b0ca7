"""Whose metrics and rules a page is about: a product's or a backend's, on pages that are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.catalog.models import Backend, Product
from tollway.portal.console.backends.navigation import backend_or_404, backend_section
from tollway.portal.console.pages import page, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import Section
from tollway.portal.tenants.models import Tenant

PREFIXES = {
    "product": "apiconfig/services/<int:product_id>",
    "backend": "p/admin/backend_apis/<int:backend_id>",
}
RULES = {"product": "proxy_rules", "backend": "mapping_rules"}  # as 3scale calls the pages


class Owner(Struct, frozen=True):
    row: Product | Backend

    @property
    def kind(self) -> str:
        return "product" if isinstance(self.row, Product) else "backend"

    @property
    def product(self) -> Product | None:
        return self.row if isinstance(self.row, Product) else None

    @property
    def tenant(self) -> Tenant:
        return self.row.tenant

    def url(self, name: str, **parts: int) -> str:
        """Return the address of a page: "rules" is `product-rules` or `backend-rules`."""
        return reverse(f"{self.kind}-{name}", kwargs={f"{self.kind}_id": self.row.pk, **parts})

    def section(self, request: HttpRequest, name: str) -> Section:
        item = f"{self.kind}-{name}"
        if isinstance(self.row, Product):
            return product_section(request, self.row, item)
        return backend_section(self.row, item)


View = Callable[..., HttpResponse]


def pages(rows: Sequence[tuple[str, str, View]]) -> list[URLPattern]:
    """Declare each (address below the owner, name, view) for products and for backends.

    Views take the request, the owner, and what else the address names. `{rules}` in an address is
    what the page of mapping rules is called.
    """
    return [
        page(
            f"{prefix}/{route.format(rules=RULES[kind])}",
            of(view),
            name=f"{kind}-{name}",
            section=User.Section.PLANS,
        )
        for kind, prefix, of in (
            ("product", PREFIXES["product"], _of_product),
            ("backend", PREFIXES["backend"], _of_backend),
        )
        for route, name, view in rows
    ]


def _of_product(view: View) -> View:
    @wraps(view)
    def found(request: HttpRequest, product_id: int, **parts: int) -> HttpResponse:
        return view(request, owner=Owner(product_or_404(request, product_id)), **parts)

    return found


def _of_backend(view: View) -> View:
    @wraps(view)
    def found(request: HttpRequest, backend_id: int, **parts: int) -> HttpResponse:
        return view(request, owner=Owner(backend_or_404(request, backend_id)), **parts)

    return found
