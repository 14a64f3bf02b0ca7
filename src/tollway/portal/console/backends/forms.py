"""The forms of a backend itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from tollway.portal.catalog.endpoints import AddressError, private_base_url
from tollway.portal.catalog.models import Backend
from tollway.portal.console.naming import Naming, name_field, suggesting, system_name_field
from tollway.portal.fields import Pattern
from tollway.portal.web.forms import PageForm

NAMING = Naming(Pattern(r"[A-Za-z0-9_-]+"), "Letters, digits, hyphens and _ .", "backend")


class BackendForm(PageForm):
    name = name_field("Name")
    private_endpoint = forms.CharField(
        label="Private base URL",
        max_length=255,
        help_text="Where the API itself listens; only gateways have to reach it."
        " https://echo-api.3scale.net:443 is an API that answers with what it was asked.",
        widget=forms.TextInput(
            attrs={"class": "mono", "spellcheck": "false", "placeholder": "https://"}
        ),
        error_messages={"required": "Enter an address like https://api.internal:8443."},
    )
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_private_endpoint(self) -> str:
        """Say here what is wrong with the address, with its port added if nothing is."""
        try:
            return private_base_url(self.cleaned_data["private_endpoint"])
        except AddressError as error:
            raise forms.ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}") from error


class NewBackendForm(BackendForm):
    system_name = system_name_field(f"In the API. {NAMING.words}")

    field_order = ("name", "system_name", "private_endpoint", "description")

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  (as Django's)
        super().__init__(*args, **options)
        for name in ("name", "system_name"):
            self.fields[name].widget.attrs |= suggesting(reverse_lazy("backend-suggest"), "name")


def values(backend: Backend) -> dict[str, Any]:
    """Return a backend as the form's fields have it."""
    names = ("name", "private_endpoint", "description")
    return {name: getattr(backend, name) for name in names}
