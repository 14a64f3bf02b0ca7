"""Backends: their list, and making, showing, changing and deleting one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend, BackendUsage
from tollway.portal.console import naming
from tollway.portal.console.backends.forms import NAMING, BackendForm, NewBackendForm, values
from tollway.portal.console.backends.navigation import backend_or_404, backend_section
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.saving import save
from tollway.portal.console.shell import Section, show
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

HERE = Section("backends")
PRODUCTS_SHOWN = 50
LATER = "Gateways follow when each product that uses it is deployed to staging."


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    listing = listed(
        request,
        selectors.backends_of(site_of(request).tenant).annotate(product_count=_product_count()),
        sorts={"name": Lower("name"), "products": "product_count", "updated": "updated_at"},
        default="name",
        search=_search,
    )
    return show(request, "console/backends/index.html", HERE, {"listing": listing})


def _search(backends: QuerySet[Any], text: str) -> QuerySet[Any]:
    return backends.filter(
        Q(name__icontains=text)
        | Q(system_name__icontains=text)
        | Q(private_endpoint__icontains=text)
    )


def _product_count() -> Coalesce:
    usages = BackendUsage.objects.filter(backend=OuterRef("pk")).order_by()
    count = usages.values("backend").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)


@once
def new(request: HttpRequest) -> HttpResponse:
    form = NewBackendForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return show(request, "console/backends/new.html", HERE, {"form": form})
    backend = None
    if form.is_valid():
        tenant, by = site_of(request).tenant, actor_of(request)
        backend = form.attempt(lambda: services.create_backend(tenant, by=by, **form.cleaned_data))
    if backend is None:
        return show(request, "console/backends/new.html", HERE, {"form": form}, status=422)
    tell(request, f"{backend.name} is there", "Next: let a product use it below a path.")
    return redirect("backend", backend_id=backend.pk)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    others = selectors.backends_of(site_of(request).tenant)
    return naming.suggest(request, NAMING, others, "name")


@require_safe
def overview(request: HttpRequest, backend_id: int) -> HttpResponse:
    backend = backend_or_404(request, backend_id)
    tenant = backend.tenant
    metrics = selectors.metrics_with_mapping_of(tenant, backend)
    context = {
        "backend": backend,
        **_uses(request, backend),
        "metrics": metrics[:20],
        "metric_count": metrics.count(),
        "rule_count": selectors.mapping_rules_of(tenant, backend).count(),
    }
    section = backend_section(backend, "backend")
    return show(request, "console/backends/overview.html", section, context)


def _uses(request: HttpRequest, backend: Backend) -> dict[str, Any]:
    """Return who uses a backend, and how many products do that the user may not see."""
    uses = BackendUsage.objects.filter(tenant=backend.tenant, backend=backend)
    allowed = user_of(request).allowed_products()
    seen = uses if allowed is None else uses.filter(product__in=allowed)
    total, shown = uses.count(), seen.count()
    listed_uses = seen.select_related("product").order_by("product__name", "id")
    return {
        "uses": listed_uses[:PRODUCTS_SHOWN],
        "use_count": total,
        "more": max(shown - PRODUCTS_SHOWN, 0),
        "unseen": total - shown,
    }


def edit(request: HttpRequest, backend_id: int) -> HttpResponse:
    backend = backend_or_404(request, backend_id)
    if request.method != "POST":
        return _page(request, backend, {"form": BackendForm(initial=values(backend))})
    form = BackendForm(request.POST)
    outcome = save(
        request,
        form,
        backend,
        lambda: services.update_backend(backend, by=actor_of(request), **form.cleaned_data),
        values=values,
    )
    if not outcome.saved:
        found = {"form": form, "clash": outcome.clash}
        return _page(request, backend_or_404(request, backend_id), found, status=outcome.status)
    tell(request, f"{backend.name} is saved", LATER)
    return redirect("backend", backend_id=backend.pk)


@require_POST
def delete(request: HttpRequest, backend_id: int) -> HttpResponse:
    """Remove a backend that no product uses."""
    backend = selectors.backends_of(site_of(request).tenant).filter(pk=backend_id).first()
    if backend is None:  # gone already, as was wanted
        return redirect("backends")
    try:
        services.delete_backend(backend, by=actor_of(request))
    except ValidationError:
        context = {"form": BackendForm(initial=values(backend)), "refused": True}
        return _page(request, backend, context, status=422)
    tell(request, f"{backend.name} is deleted")
    return redirect("backends")


def _page(
    request: HttpRequest, backend: Backend, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    section = backend_section(backend, "backend")
    shown = {"backend": backend, **_uses(request, backend), **context}
    return show(request, "console/backends/edit.html", section, shown, status=status)
