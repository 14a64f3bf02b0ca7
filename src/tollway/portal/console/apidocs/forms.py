"""The forms of a document. Its text is typed, or comes from a file and then stands as if typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.urls import reverse_lazy

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.reading import BYTES_MAX
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.models.products import SYSTEM_NAME
from tollway.portal.console.naming import Naming, name_field, suggesting, system_name_field
from tollway.portal.console.sight import sight_of
from tollway.portal.web.forms import PageForm, chosen_id

NAMING = Naming(SYSTEM_NAME, "Letters, digits, hyphens and _ .", "api")
BODY = "body"
FILE = "file"
BODY_MISSING = "Enter a document, or choose a file."


class DocumentForm(PageForm):
    use_required_attribute = False  # a file fills the document in

    name = name_field("Name")
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    product = forms.ChoiceField(
        label="Product",
        required=False,
        help_text="Its public address and its credentials are filled in for developers.",
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text="Takes the place of what stands below.",
        widget=forms.FileInput(attrs={"accept": ".json,.yaml,.yml,application/json"}),
    )
    body = forms.CharField(
        label="Document",
        error_messages={"required": BODY_MISSING},
        strip=False,
        help_text="OpenAPI 3.1 or 3.0, or Swagger 2.0, as JSON or YAML; 2 MB at most.",
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 24, "spellcheck": "false", "wrap": "off"}
        ),
    )
    published = forms.BooleanField(
        label="Published", required=False, help_text="Developers read it in the API reference."
    )
    skip_swagger_validations = forms.BooleanField(
        label="Keep it whatever it says",
        required=False,
        help_text="It is not checked, and may not be shown as you expect.",
    )

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self._products = {row.pk: row for row in sight_of(request).products().order_by("name")}
        choice = self.fields["product"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  (as declared above)
        names = [(str(pk), row.name) for pk, row in self._products.items()]
        choice.choices = [("", "None: shown as it is written"), *names]

    def clean_body(self) -> str:
        """Take lines as they were written: forms end them with two characters."""
        body: str = self.cleaned_data[BODY]
        return body.replace("\r\n", "\n")

    def clean_product(self) -> Product | None:
        return self._products.get(chosen_id(self.cleaned_data["product"]))

    @property
    def given(self) -> dict[str, Any]:
        """What goes to the service. What the file said stands in the body."""
        return {name: value for name, value in self.cleaned_data.items() if name != FILE}


class NewDocumentForm(DocumentForm):
    system_name = system_name_field(f"In its address. {NAMING.words}")

    field_order = ("name", "system_name", "description", "product", FILE, BODY)

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(request, *args, **options)
        for name in ("name", "system_name"):
            self.fields[name].widget.attrs |= suggesting(
                reverse_lazy("api-document-suggest"), "name"
            )


def sent(request: HttpRequest) -> tuple[QueryDict, str]:
    """Return what was sent, the text of a file as the body, and what is wrong with the file."""
    data, file = request.POST.copy(), request.FILES.get(FILE)
    if not isinstance(file, UploadedFile) or not file.size:
        return data, ""
    if file.size > BYTES_MAX:
        return data, f"Is too long (maximum is {BYTES_MAX // 1024**2} MB)"
    try:
        data[BODY] = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return data, "Is no text in UTF-8."
    return data, ""


def values(document: ApiDocument) -> dict[str, Any]:
    """Return a document as the form's fields have it."""
    names = ("name", "description", BODY, "published", "skip_swagger_validations")
    product = str(document.product_id or "")
    return {**{name: getattr(document, name) for name in names}, "product": product}
