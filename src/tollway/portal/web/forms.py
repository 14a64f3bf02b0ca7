"""Forms in the look of the pages, and how a service's refusal gets to the field it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorList
from django.http import HttpRequest
from django.utils.text import capfirst

T = TypeVar("T")

ID_DIGITS_MAX = 18  # what a column holds

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
)


class Renderer(TemplatesSetting):
    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"


class _Errors(ErrorList):
    template_name = "web/forms/errors.html"


class _Bound(BoundField):
    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        look = next((css for kind, css in _CLASSES if isinstance(widget, kind)), "form-control")
        own = widget.attrs.get("class", "")
        built["class"] = " ".join(filter(None, (look, own, "is-invalid" if self.errors else "")))
        return built


class PageForm(forms.Form):
    """A form of a page. Its fields are named as the service's arguments are."""

    bound_field_class = _Bound

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  (as Django's)
        options.setdefault("error_class", _Errors)
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                field.widget.template_name = "web/forms/choices.html"

    def attempt(self, act: Callable[[], T]) -> T | None:
        """Call a service; None if it refused, and then the form says why, each at its field."""
        try:
            return act()
        except ValidationError as refusal:
            self.refuse(refusal)
            return None

    def refuse(self, refusal: ValidationError) -> None:
        """Take over what a service says: "must be unique" at a field, the rest above the form.

        Messages continue the field's name, as the API gives them; here they stand at the field.
        """
        found = refusal.message_dict if hasattr(refusal, "error_dict") else {}
        for name, messages in (found or {NON_FIELD_ERRORS: refusal.messages}).items():
            for message in messages:
                if name in self.fields:
                    self.add_error(name, capfirst(message))
                else:
                    about = "" if name in {"base", NON_FIELD_ERRORS} else name.replace("_", " ")
                    self.add_error(None, capfirst(f"{about} {message}".strip()))


def chosen_id(text: str) -> int:
    """Read the id of a row from what a form sent; 0, which no row has, for what cannot be one."""
    fits = text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX
    return int(text) if fits else 0


def typed(request: HttpRequest, text: str) -> bool:
    """Whether the visitor typed ``text`` to confirm, as `{% confirm … typed=text %}` asks."""
    return request.POST.get("typed", "").strip() == text.strip()
