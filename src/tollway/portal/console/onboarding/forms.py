"""The forms of the wizard's steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from tollway.portal.catalog.models import Product
from tollway.portal.console.integration.setting_up import TEST_PATH
from tollway.portal.console.naming import name_field
from tollway.portal.web.forms import PageForm

NEW = "new"
_MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}


def _address(**options: Any) -> forms.CharField:  # noqa: ANN401
    return forms.CharField(
        label="Private base URL",
        max_length=255,
        error_messages={"required": "Enter where your API listens."},
        widget=forms.TextInput(attrs=_MONO | {"placeholder": "https://"}),
        **options,
    )


class BackendForm(PageForm):
    name = name_field("Name", "For you. Developers see the product's name.")
    private_endpoint = _address(help_text="Where it listens. Only the gateway has to reach it.")


class ProductForm(PageForm):
    """``product`` is the id of one that is there, or ``NEW``; ``name`` is for a new one."""

    product = forms.ChoiceField(label="Product", widget=forms.RadioSelect)
    name = forms.CharField(
        label="Name of the new product",
        required=False,
        max_length=255,
        help_text="What developers see. It gets a plan, and an application for test calls.",
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  (as Django's)
        offered: Sequence[Product],
        may_create: bool,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **options)
        choices = [(str(each.pk), f"{each.name} ({each.system_name})") for each in offered]
        self.fields["product"].choices = choices + ([(NEW, "A new product")] if may_create else [])  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("product") == NEW and not found.get("name", "").strip():
            self.add_error("name", "Enter a name.")
        return found


class ConnectForm(PageForm):
    path = forms.CharField(
        label="Path",
        max_length=255,
        help_text="Calls below it are answered by your API, which sees what comes after it."
        " With / it gets every call.",
        error_messages={"required": "Enter a path: / for every call."},
        widget=forms.TextInput(attrs=_MONO),
    )


class RequestForm(PageForm):
    api_test_path = forms.CharField(
        label="Path of a GET request that your API answers",
        max_length=255,
        validators=[TEST_PATH],
        error_messages={"required": "Enter a path that begins with /."},
        widget=forms.TextInput(attrs=_MONO),
    )


class RetryForm(RequestForm):
    private_endpoint = _address()

    field_order = ("private_endpoint", "api_test_path")
