"""A product's rules: what developers may do, and which levels of a limit are told to whom.

3scale's usage rules of a product (feature map, AP17, AS18 and AL2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.portal.applications.services import update_product
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.models.products import ALERT_CHANNELS, ALERT_LEVELS
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.rules.forms import RightsForm
from tollway.portal.console.saving import Outcome, fingerprint, save, was
from tollway.portal.console.shell import show
from tollway.portal.web.forms import PageForm
from tollway.portal.web.toasts import tell

CHANNELS = {
    "web_provider": ("Alerts for you", "In the list of alerts"),
    "email_provider": ("E-mail to you", "To admins who want such mail"),
    "web_buyer": ("Alerts for developers", "In the list of their portal"),
    "email_buyer": ("E-mail to developers", "To the admins of the account"),
}


def _levels(channel: str) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=CHANNELS[channel][0],
        required=False,
        coerce=int,
        choices=[(level, f"{level} %") for level in ALERT_LEVELS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Tick levels of the table only."},
    )


class AlertsForm(PageForm):
    """A tick for each level of each channel."""

    web_provider = _levels("web_provider")
    email_provider = _levels("email_provider")
    web_buyer = _levels("web_buyer")
    email_buyer = _levels("email_buyer")

    @property
    def rows(self) -> list[Row]:
        """Return the channels as the table shows them."""
        found = []
        for channel in ALERT_CHANNELS:
            bound = self[channel]
            ticked = {str(level) for level in bound.value() or ()}
            title, text = CHANNELS[channel]
            cells = [(level, str(level) in ticked) for level in ALERT_LEVELS]
            found.append(Row(channel, title, text, cells, [str(error) for error in bound.errors]))
        return found


class Row(Struct, frozen=True):
    """A channel; ``cells`` are (level, ticked)."""

    channel: str
    title: str
    text: str
    cells: list[tuple[int, bool]]
    errors: list[str]


PARTS: Mapping[str, tuple[type[PageForm], str]] = {
    "rights": (RightsForm, "The rights of developers are saved"),
    "alerts": (AlertsForm, "The alert rules are saved"),
}


def edit(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    part = request.POST.get("part", "")
    if request.method != "POST" or part not in PARTS:
        return _page(request, product)
    kind, said = PARTS[part]
    form = kind(request.POST, auto_id=f"{part}_%s")
    outcome = save(
        request,
        form,
        product,
        lambda: update_product(product, by=actor_of(request), **_changes(part, form)),
        values=lambda row: _saved(part, row),
        kind="product",
    )
    if outcome.saved:
        tell(request, said, "In force at once.")
        return redirect("product-usage-rules", product_id=product.pk)
    return _page(request, product_or_404(request, product_id), part, form, outcome)


def _changes(part: str, form: PageForm) -> Mapping[str, Any]:
    if part == "alerts":
        return {"notification_settings": {name: form.cleaned_data[name] for name in ALERT_CHANNELS}}
    return form.cleaned_data


def _saved(part: str, product: Product) -> Mapping[str, Any]:
    if part == "alerts":
        ticked = product.notification_settings
        return {name: sorted(ticked.get(name, ())) for name in ALERT_CHANNELS}
    return {name: getattr(product, name) for name in RightsForm.base_fields}


def _page(
    request: HttpRequest,
    product: Product,
    part: str = "",
    form: PageForm | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:
    saved = {name: _saved(name, product) for name in PARTS}
    shown = {
        name: kind(initial=saved[name], auto_id=f"{name}_%s") for name, (kind, _) in PARTS.items()
    }
    values = {name: fingerprint(saved[name]) for name in PARTS}
    clash = outcome.clash if outcome else None
    if form is not None:
        shown[part] = form
        values[part] = was(request, saved[part], clash)
    context = {
        "product": product, "forms": shown, "was": values, "part": part, "clash": clash,
        "levels": ALERT_LEVELS,
    }  # fmt: skip
    section = product_section(request, product, "product-usage-rules")
    status = outcome.status if outcome else 200
    return show(request, "console/rules/product.html", section, context, status=status)
