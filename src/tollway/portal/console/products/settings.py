"""The settings of a product: each card is a form of its own, and says when it is in force.

What gateways know is written for staging as it is saved, and waits for promotion in production.
Rights of developers, and the mode of authentication, are in force everywhere at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.core.openid import without_login
from tollway.portal.applications.selectors import ModeChange, mode_change
from tollway.portal.applications.services import update_product
from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.catalog.services import FLOWS, update_oidc_flows, update_proxy
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.products.settings_forms import (
    AnswersForm,
    AuthenticationForm,
    DeploymentForm,
    UpstreamForm,
    issuer_address,
    stored,
)
from tollway.portal.console.saving import fingerprint, is_as_it_was, was
from tollway.portal.console.shell import show
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock
from tollway.portal.tryout.issuers import look_at
from tollway.portal.web.editing import Clash, clash_of
from tollway.portal.web.forms import PageForm
from tollway.portal.web.toasts import tell

SECRET_BYTES = 24
Act = Callable[[Product, Actor, dict[str, Any]], object]


class Version(Struct):
    """What the forms edit, as one row: the product with its proxy, as of the later change."""

    pk: int
    updated_at: datetime
    kind: str  # whose change it was, as the event log calls it


class Part(Struct, frozen=True):
    """A card: its form, what saves it, and what is said then."""

    form: type[PageForm]
    act: Act
    saved: str


def version_of(product: Product, proxy: Proxy) -> Version:
    newer = max((product, proxy), key=lambda row: row.updated_at)
    kind = "product" if newer is product else "proxy"
    return Version(product.pk, newer.updated_at, kind)


def _deploy_so(product: Product, by: Actor, given: dict[str, Any]) -> None:
    option = given.pop("deployment_option")
    update_product(product, by=by, deployment_option=option)
    update_proxy(product, by=by, **given)


def _authenticate_so(product: Product, by: Actor, given: dict[str, Any]) -> None:
    proxy = selectors.proxy_of(product.tenant, product)
    flows = {name: given.pop(name) for name in FLOWS}
    issuer = issuer_address(given, proxy.oidc_issuer_endpoint)
    for name in ("oidc_client_id", "oidc_client_secret"):
        del given[name]
    mode = given.pop("backend_version")
    update_product(product, by=by, backend_version=mode)
    update_oidc_flows(product, by=by, **flows)
    update_proxy(product, by=by, **{**given, "oidc_issuer_endpoint": issuer})


def _update_proxy(product: Product, by: Actor, given: dict[str, Any]) -> None:
    update_proxy(product, by=by, **given)


PARTS: Mapping[str, Part] = {
    "deployment": Part(DeploymentForm, _deploy_so, "The deployment is saved"),
    "authentication": Part(AuthenticationForm, _authenticate_so, "The authentication is saved"),
    "upstream": Part(UpstreamForm, _update_proxy, "What your API sees is saved"),
    "answers": Part(AnswersForm, _update_proxy, "The answers are saved"),
}


class Attempt(Struct, frozen=True):
    """A form that was sent and not saved.

    It says why, or somebody else was faster, or a change of the mode wants to be confirmed.
    """

    part: str
    form: PageForm
    clash: Clash | None = None
    change: ModeChange | None = None

    @property
    def status(self) -> int:
        return 409 if self.clash else 422


def settings(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    if request.method != "POST":
        return _page(request, product)
    name = request.POST.get("part", "")
    part = PARTS.get(name)
    if part is None:
        return _page(request, product)
    form = part.form(request.POST, auto_id=f"{name}_%s")
    mode = product.backend_version
    attempt = _attempt(request, product, name, form)
    if attempt is not None:
        return _page(request, product_or_404(request, product_id), attempt)
    switched = product.has_gateway and product.backend_version != mode
    urgent = "Promote now: until then production answers nobody." if switched else ""
    tell(request, part.saved, urgent or in_force(product))
    return redirect("product-settings", product_id=product.pk)


def in_force(product: Product) -> str:
    """Say when gateways follow a change of a product's settings."""
    if product.in_service_mesh:
        return "The mesh follows when you deploy."
    if not product.has_gateway:
        return "No gateway serves this product now."
    if not selectors.may_be_deployed(product.tenant, product):
        return "It is served once the product has a backend."
    return "In force on staging. Production follows when you promote."


def _attempt(request: HttpRequest, product: Product, name: str, form: PageForm) -> Attempt | None:
    """Save a form; None if that is done."""
    if not form.is_valid():
        return Attempt(name, form)
    part = PARTS[name]
    with transaction.atomic():
        proxy = selectors.proxy_of(product.tenant, product)
        lock(product)
        lock(proxy)
        version = version_of(product, proxy)
        saved = stored(part.form, product, proxy)
        clash = clash_of(request, version, form, saved=saved, kind=version.kind)
        if clash is not None and not is_as_it_was(request, saved):
            return Attempt(name, form, clash=clash)
        change = _unconfirmed(request, product, form)
        if change is not None:
            return Attempt(name, form, change=change)
        given = {**form.cleaned_data}
        form.attempt(lambda: _in_one(part.act, product, actor_of(request), given))
    return Attempt(name, form) if form.errors else None


@transaction.atomic
def _in_one(act: Act, product: Product, by: Actor, given: dict[str, Any]) -> None:
    """Do all that a form asks for, or nothing."""
    act(product, by, given)


def _unconfirmed(request: HttpRequest, product: Product, form: PageForm) -> ModeChange | None:
    """Return what another mode does to live applications, unless just that was confirmed."""
    to = str(form.cleaned_data.get("backend_version", product.backend_version))
    change = mode_change(product.tenant, product, to)
    if change is None or not change.applications or request.POST.get("confirmed") == to:
        return None
    return change


@require_POST
def rotate(request: HttpRequest, product_id: int) -> HttpResponse:
    """Give the product another secret token."""
    product = product_or_404(request, product_id)
    token = secrets.token_hex(SECRET_BYTES)
    update_proxy(product, by=actor_of(request), secret_token=token)
    tell(request, "The secret token is replaced", in_force(product))
    return redirect("product-settings", product_id=product.pk)


@require_safe
def issuer(request: HttpRequest, product_id: int) -> HttpResponse:
    """Ask the issuer that is saved, as gateways will, and answer a part of the page."""
    product = product_or_404(request, product_id)
    proxy = selectors.proxy_of(product.tenant, product)
    address = without_login(proxy.oidc_issuer_endpoint).rstrip("/")
    if not address:
        raise Http404
    context = {"seen": look_at(address), "address": address}
    return render(request, "console/products/issuer.html", context)


def _page(request: HttpRequest, product: Product, attempt: Attempt | None = None) -> HttpResponse:
    proxy = selectors.proxy_of(product.tenant, product)
    saved = {name: stored(part.form, product, proxy) for name, part in PARTS.items()}
    forms = {
        name: part.form(initial=saved[name], auto_id=f"{name}_%s") for name, part in PARTS.items()
    }
    values = {name: fingerprint(saved[name]) for name in PARTS}
    if attempt is not None:
        forms[attempt.part] = attempt.form
        values[attempt.part] = was(request, saved[attempt.part], attempt.clash)
    context = {
        "product": product,
        "proxy": proxy,
        "version": version_of(product, proxy),
        "forms": forms,
        "was": values,
        "attempt": attempt,
        "clash": attempt.clash if attempt else None,
        "staging": endpoints.staging_endpoint(proxy),
        "production": endpoints.production_endpoint(proxy),
        "when": when(product),
        "live": mode_change(product.tenant, product, _other_mode(product)),
    }
    section = product_section(request, product, "product-settings")
    status = attempt.status if attempt else 200
    return show(request, "console/products/settings.html", section, context, status=status)


def when(product: Product) -> str:
    """Say, in the heads of the cards, when their changes are in force."""
    if product.in_service_mesh:
        return "In force when deployed"
    if not product.has_gateway:
        return "Not used: no gateway"
    return "Staging now, production by promoting"


def _other_mode(product: Product) -> str:
    return next(mode for mode in Product.BackendVersion.values if mode != product.backend_version)
