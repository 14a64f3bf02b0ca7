"""Putting a version into production: the one on staging, or an older one again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.console.integration.page import address_of
from tollway.portal.console.integration.versions import PRODUCTION, SANDBOX, gate_of
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.tryout.services import wait_for_production
from tollway.portal.web.toasts import tell

SERVED = "The production gateway answers with it."
LATER = "The production gateway has not taken it over yet: it will within seconds."


@require_POST
def promote(request: HttpRequest, product_id: int) -> HttpResponse:
    """Copy the version that staging runs to production, if it still is the one that was shown."""
    product = product_or_404(request, product_id)
    staging = selectors.config_in_force(product.tenant, product, SANDBOX)
    if staging is None or not product.has_gateway:
        raise Http404
    proxy = selectors.proxy_of(product.tenant, product)
    gate = gate_of(product, proxy, staging.version)
    if request.POST.get("version") != str(staging.version):
        text = f"Staging runs v{staging.version} by now. See what it changes, and promote that."
        tell(request, "Nothing was promoted", text)
    elif not gate.is_open:
        tell(request, "Nothing was promoted", gate.text)
    else:
        _put(request, staging)
    return HttpResponseRedirect(address_of(product))


@require_POST
def put_back(request: HttpRequest, product_id: int, config_id: int) -> HttpResponse:
    """Put a version into production that was there before: roll back, or undo that."""
    product = product_or_404(request, product_id)
    config = config_or_404(product, config_id)
    if config.environment != PRODUCTION or not product.has_gateway:
        raise Http404
    _put(request, config)
    return HttpResponseRedirect(address_of(product))


def config_or_404(product: Product, config_id: int) -> ProxyConfig:
    for environment in ProxyConfig.Environment.values:
        configs = selectors.proxy_configs_of(product.tenant, product, environment)
        if found := configs.filter(pk=config_id).first():
            return found
    raise Http404


def _put(request: HttpRequest, config: ProxyConfig) -> None:
    """Promote, say so with a way back, and wait a little until the gateway has it."""
    product = config.product
    before = selectors.config_in_force(product.tenant, product, PRODUCTION)
    try:
        services.promote(
            product, by=actor_of(request), version=config.version, source=config.environment
        )
    except ValidationError:  # it is in force already, as was wanted
        tell(request, f"v{config.version} is in production already")
        return
    detail = SERVED if wait_for_production(product) else LATER
    title = f"v{config.version} is in production"
    if before is None:
        tell(request, title, detail)
        return
    parts = {"product_id": product.pk, "config_id": before.pk}
    tell(request, title, detail, undo=reverse("proxy-config-promote", kwargs=parts))
