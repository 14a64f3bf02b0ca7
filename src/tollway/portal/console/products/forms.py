"""The forms of a product itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from tollway.portal.catalog.models import Product
from tollway.portal.console.naming import Naming, name_field, suggesting, system_name_field
from tollway.portal.fields import NAME_LENGTH_MAX, Pattern
from tollway.portal.web.forms import PageForm

NAMING = Naming(Pattern(r"[A-Za-z0-9_-]+"), "Letters, digits, hyphens and _ .", "product")


def description_field() -> forms.CharField:
    return forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class NewProductForm(PageForm):
    name = name_field("Name", "What developers see.")
    system_name = system_name_field(f"In addresses and in the API. {NAMING.words}")
    description = description_field()

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  (as Django's)
        super().__init__(*args, **options)
        for name in ("name", "system_name"):
            self.fields[name].widget.attrs |= suggesting(reverse_lazy("product-suggest"), "name")


class ProductForm(PageForm):
    name = name_field("Name", "What developers see.")
    description = description_field()
    support_email = forms.EmailField(
        label="Support e-mail",
        max_length=NAME_LENGTH_MAX,
        required=False,
        help_text="Where developers ask for help with this product.",
        error_messages={"invalid": "Enter an address like help@example.com."},
    )


def values(product: Product) -> dict[str, Any]:
    """Return a product as the form's fields have it."""
    names = ("name", "description", "support_email")
    return {name: getattr(product, name) for name in names}
