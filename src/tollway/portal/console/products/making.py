"""Making a product, changing its name, and deleting it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.applications import selectors as applications
from tollway.portal.applications.services import update_product
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import delete_product
from tollway.portal.console import naming
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.forms import NAMING, NewProductForm, ProductForm, values
from tollway.portal.console.products.index import HERE, may_create, products_for
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.saving import save, was
from tollway.portal.console.shell import show
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.services import create_product
from tollway.portal.web.forms import typed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


@once
def new(request: HttpRequest) -> HttpResponse:
    form = NewProductForm(request.POST if request.method == "POST" else None)
    if not may_create(request):
        return show(request, "console/products/new.html", HERE, {"refused": True}, status=403)
    if request.method != "POST":
        return show(request, "console/products/new.html", HERE, {"form": form})
    product = None
    if form.is_valid():
        tenant, by = site_of(request).tenant, actor_of(request)
        product = form.attempt(lambda: create_product(tenant, by=by, **form.cleaned_data))
    if product is None:
        return show(request, "console/products/new.html", HERE, {"form": form}, status=422)
    tell(request, f"{product.name} is there", "Next: say where its API is, by adding a backend.")
    return redirect("product", product_id=product.pk)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    others = selectors.products_of(site_of(request).tenant)
    return naming.suggest(request, NAMING, others, "name")


def edit(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    if request.method != "POST":
        return _page(request, product, {"form": ProductForm(initial=values(product))})
    form = ProductForm(request.POST)
    outcome = save(
        request,
        form,
        product,
        lambda: update_product(product, by=actor_of(request), **form.cleaned_data),
        values=values,
    )
    if not outcome.saved:
        product = product_or_404(request, product_id)
        found = {"form": form, "clash": outcome.clash}
        return _page(request, product, found, status=outcome.status)
    tell(request, f"{product.name} is saved")
    return redirect("product", product_id=product.pk)


@require_POST
def delete(request: HttpRequest, product_id: int) -> HttpResponse:
    """Remove a product with all that is its own, if its system name was typed."""
    product = products_for(request).filter(pk=product_id).first()
    if product is None:  # gone already, as was wanted
        return redirect("products")
    refusal = f"Nothing was deleted: type {product.system_name} to confirm."
    if typed(request, product.system_name):
        try:
            delete_product(product, by=actor_of(request))
        except ValidationError as refused:
            refusal = f"{'. '.join(refused.messages)}: an organisation keeps one. Create another."
        else:
            tell(request, f"{product.name} is deleted")
            return redirect("products")
    form = ProductForm(initial=values(product))
    return _page(request, product, {"form": form, "refusal": refusal}, status=422)


def _page(
    request: HttpRequest, product: Product, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    tenant = site_of(request).tenant
    more = {
        "product": product,
        "was": was(request, values(product), context.get("clash")),
        "is_last": not selectors.products_of(tenant).exclude(pk=product.pk).exists(),
        "applications": applications.applications_of(tenant).filter(product=product).count(),
        "plans": plans.application_plans_of(tenant, product).count(),
        "versions": product.proxy_configs.count(),
    }
    section = product_section(request, product, "product")
    return show(request, "console/products/edit.html", section, {**more, **context}, status=status)
