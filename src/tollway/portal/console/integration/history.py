"""The versions of an environment: when, by whom, what each changed, and its document."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.differences import differences
from tollway.portal.catalog.documents import Document
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.console.integration.page import PAGE
from tollway.portal.console.integration.promoting import config_or_404
from tollway.portal.console.integration.versions import PRODUCTION, SANDBOX, Changes, author_of
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.web.listing import listed

HIDDEN = "hidden"


@require_safe
def index(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    environment = _environment(request, product)
    configs = selectors.proxy_configs_of(product.tenant, product, environment)
    in_force = configs.last()
    listing = listed(
        request,
        configs,
        sorts={"version": "version", "at": "id", "by": "author__username"},
        default="-at",
        search=_search,
    )
    context = {
        "product": product,
        "environment": environment,
        "tabs": _tabs(product),
        "listing": listing,
        "in_force": in_force.pk if in_force else None,
    }
    return _show(request, product, "history", context)


def _environment(request: HttpRequest, product: Product) -> str:
    """Return what ``?environment=`` names; a service mesh has production only."""
    named = {"production": PRODUCTION, "sandbox": SANDBOX, "staging": SANDBOX}
    wanted = named.get(request.GET.get("environment", ""), SANDBOX)
    return str(PRODUCTION if product.in_service_mesh else wanted)


def _tabs(product: Product) -> list[tuple[str, str]]:
    tabs = [] if product.in_service_mesh else [(str(SANDBOX), "Staging")]
    return [*tabs, (str(PRODUCTION), "Production")]


def _search(configs: QuerySet[ProxyConfig], text: str) -> QuerySet[ProxyConfig]:
    number = text.lower().removeprefix("v")
    found = Q(author__username__icontains=text)
    if number.isdecimal() and len(number) < 10:
        found |= Q(version=int(number))
    return configs.filter(found)


@require_safe
def version(request: HttpRequest, product_id: int, config_id: int) -> HttpResponse:
    """Show one version: what it changed, or what putting it back would change."""
    product = product_or_404(request, product_id)
    config = config_or_404(product, config_id)
    configs = selectors.proxy_configs_of(product.tenant, product, config.environment)
    in_force = configs.last()
    before = configs.filter(pk__lt=config.pk).last()
    may_return = (
        product.has_gateway
        and config.environment == PRODUCTION
        and in_force is not None
        and in_force.version != config.version
    )
    older = in_force if may_return else before
    changes = differences(_read(older) if older else None, _read(config))
    context = {
        "product": product,
        "config": config,
        "by": author_of(config),
        "before": before,
        "in_force": in_force,
        "may_return": may_return,
        "changes": Changes(changes),
        "document": _written(without_secrets(_read(config))),
    }
    return _show(request, product, "version", context)


def _show(
    request: HttpRequest, product: Product, template: str, context: dict[str, Any]
) -> HttpResponse:
    section = product_section(request, product, PAGE)
    return show(request, f"console/integration/{template}.html", section, context)


def _read(config: ProxyConfig) -> Document:
    return documents.decode(config.content)


@require_safe
def download(request: HttpRequest, product_id: int, config_id: int) -> HttpResponse:
    """Give the version as the Account Management API does.

    Without secrets, unless ``?secrets=1`` asks for them: who may see this page gets them from the
    API too, and a gateway that starts from the file needs them.
    """
    product = product_or_404(request, product_id)
    config = config_or_404(product, config_id)
    content = _read(config)
    if request.GET.get("secrets") != "1":
        content = without_secrets(content)
    names = {"id": config.pk, "version": config.version, "environment": config.environment}
    text = _written({"proxy_config": {**names, "content": content}})
    file = f"{product.system_name}-{config.environment}-v{config.version}.json"
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _written(document: Document) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def without_secrets(document: Document) -> Document:
    """Return a document that may be shown around: its tokens say only that they are there."""
    proxy = document["proxy"]
    hidden = {name: HIDDEN for name in ("secret_token", "oidc_issuer_endpoint") if proxy[name]}
    token = {"backend_authentication_value": HIDDEN}
    return {**document, **token, "proxy": {**proxy, **hidden}}
