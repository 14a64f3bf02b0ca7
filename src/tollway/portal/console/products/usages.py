"""The backends of a product: which part of its paths each of them answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend, BackendUsage, Product
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.saving import save
from tollway.portal.console.shell import show
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

OFFERED_MAX = 500
LATER = "Gateways follow with the next deploy to staging."


def _path_field() -> forms.CharField:
    return forms.CharField(
        label="Path",
        max_length=255,
        required=False,
        help_text="Calls below this path go to the backend, without the path. / is every call that"
        " no longer path takes.",
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "/", "spellcheck": "false"}),
    )


class UsageForm(PageForm):
    backend = forms.ChoiceField(
        label="Backend", error_messages={"required": "Choose a backend, or create one first."}
    )
    path = _path_field()

    def __init__(self, *args: Any, free: list[Backend], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.backends = {str(backend.pk): backend for backend in free}
        self.fields["backend"].choices = [  # type: ignore[attr-defined]
            ("", "Choose a backend"),
            *((pk, f"{each.name} ({each.private_endpoint})") for pk, each in self.backends.items()),
        ]


class PathForm(PageForm):
    path = _path_field()


def index(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    initial = {"backend": request.GET.get("backend", "")}
    return _page(request, product, UsageForm(initial=initial, free=_free(product)))


@once
def add(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    if request.method != "POST":
        return redirect("product-backends", product_id=product.pk)
    form = UsageForm(request.POST, free=_free(product))
    usage = None
    if form.is_valid():
        backend, path = form.backends[form.cleaned_data["backend"]], form.cleaned_data["path"]
        usage = form.attempt(
            lambda: services.create_backend_usage(
                product, by=actor_of(request), backend=backend, path=path
            )
        )
    if usage is None:
        return _page(request, product, form, status=422)
    tell(request, f"{usage.backend.name} answers below {usage.path}", LATER)
    return redirect("product-backends", product_id=product.pk)


def edit(request: HttpRequest, product_id: int, usage_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    usage = _usage_or_404(product, usage_id)
    if request.method != "POST":
        return _edit_page(request, usage, {"form": PathForm(initial=_values(usage))})
    form = PathForm(request.POST)
    before = usage.path
    outcome = save(
        request,
        form,
        usage,
        lambda: services.update_backend_usage(usage, by=actor_of(request), **form.cleaned_data),
        values=_values,
        kind="backend_usage",
    )
    if not outcome.saved:
        found = {"form": form, "clash": outcome.clash}
        return _edit_page(request, _usage_or_404(product, usage_id), found, outcome.status)
    tell(request, f"{usage.backend.name} answers below {usage.path}, not {before}", LATER)
    return redirect("product-backends", product_id=product.pk)


@require_POST
def remove(request: HttpRequest, product_id: int, usage_id: int) -> HttpResponse:
    """Stop using a backend. The toast brings it back: nothing is lost but the path."""
    product = product_or_404(request, product_id)
    usage = selectors.backend_usages_of(product.tenant, product).filter(pk=usage_id).first()
    if usage is not None:  # else it is gone already, as was wanted
        backend, path = usage.backend, usage.path
        services.delete_backend_usage(usage, by=actor_of(request))
        undo = {"backend": str(backend.pk), "path": path}
        url = redirect("product-backend-add", product_id=product.pk).url
        tell(request, f"{backend.name} is not used any more", LATER, undo=url, **undo)
    return redirect("product-backends", product_id=product.pk)


def _free(product: Product) -> list[Backend]:
    """Return the backends that the product does not use yet."""
    used = selectors.backend_usages_of(product.tenant, product).values("backend")
    free = selectors.backends_of(product.tenant).exclude(pk__in=used)
    return list(free.order_by("name", "id")[:OFFERED_MAX])


def _usage_or_404(product: Product, usage_id: int) -> BackendUsage:
    usage = selectors.backend_usages_of(product.tenant, product).filter(pk=usage_id).first()
    if usage is None:
        raise Http404
    return usage


def _values(usage: BackendUsage) -> dict[str, Any]:
    return {"path": usage.path}


def _page(
    request: HttpRequest, product: Product, form: UsageForm, *, status: int = 200
) -> HttpResponse:
    usages = list(selectors.backend_usages_of(product.tenant, product))
    context = {
        "product": product,
        "form": form,
        "usages": sorted(usages, key=lambda usage: usage.path, reverse=True),
        "may_add": product.has_gateway or not usages,
    }
    section = product_section(request, product, "product-backends")
    return show(request, "console/products/backends.html", section, context, status=status)


def _edit_page(
    request: HttpRequest, usage: BackendUsage, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    section = product_section(request, usage.product, "product-backends")
    more = {"product": usage.product, "usage": usage}
    return show(request, "console/products/usage.html", section, {**more, **context}, status=status)
