"""The form that a call is described in. It is posted, since it may hold a key, and never kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from tollway.core import admission
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.console.counting import trial
from tollway.portal.console.counting.trial import Call, CallError
from tollway.portal.console.counting.trying import DRAFT, PLACES
from tollway.portal.console.explain.calls import Asked
from tollway.portal.web.forms import PageForm

OFFERED_MAX = 50
_NOT_SHOWN = {  # by mode; the others show an id and a key
    admission.USER_KEY: ("app_id", "app_key"),
    admission.OAUTH: ("user_key", "app_key"),
}
BY_KEY = ""


class CallForm(PageForm):
    """``offered`` are applications that may be chosen instead of credentials."""

    method = forms.ChoiceField(label="Method", choices=[(name, name) for name in trial.METHODS])
    path = forms.CharField(
        label="Path",
        max_length=trial.TARGET_CHARACTERS_MAX,
        help_text="With the query, or a whole URL. Leave keys out: they have fields of their own.",
        error_messages={"required": "Enter a path."},
    )
    where = forms.ChoiceField(label="With the rules", choices=PLACES)
    caller = forms.ChoiceField(label="Called by", required=False)
    user_key = forms.CharField(
        label="API key", required=False, max_length=255, help_text="Not kept, and not logged."
    )
    app_id = forms.CharField(label="Application ID", required=False, max_length=255)
    app_key = forms.CharField(
        label="Application key",
        required=False,
        max_length=255,
        help_text="Not kept, and not logged.",
    )

    def __init__(
        self,
        product: Product,
        offered: list[Application],
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self._offered = {str(row.pk): row for row in offered}
        choices = [(pk, f"{row.name} of {row.account}") for pk, row in self._offered.items()]
        self.fields["caller"].choices = [(BY_KEY, "Whoever has these credentials"), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["caller"]
        for name in _NOT_SHOWN.get(product.wire_backend_version, ("user_key",)):
            del self.fields[name]
        if product.wire_backend_version == admission.OAUTH:
            self.fields["app_id"].label = "Client ID"
            self.fields["app_id"].help_text = "That a token names. The token is taken to be good."
        for name in ("path", "user_key", "app_id", "app_key"):
            if name in self.fields:
                self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_path(self) -> Call:
        try:
            return trial.read_call(self.cleaned_data.get("method", ""), self.cleaned_data["path"])
        except CallError as error:
            raise ValidationError(str(error)) from error

    def asked(self) -> Asked:
        """Return what a valid form asks."""
        data = self.cleaned_data
        return Asked(
            call=data["path"],
            where=data["where"],
            user_key=data.get("user_key", ""),
            app_id=data.get("app_id", ""),
            app_key=data.get("app_key", ""),
            application=self._offered.get(data.get("caller", "")),
        )


def initial(path: str) -> dict[str, Any]:
    return {"method": "GET", "path": path or "/", "where": DRAFT}
