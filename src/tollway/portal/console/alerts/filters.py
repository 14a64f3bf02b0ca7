"""What the list of alerts can be narrowed down to (admin map, P36)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from tollway.portal.alerts.models import VIOLATION_FROM, Alert
from tollway.portal.catalog.models import Product

UNREAD, VIOLATIONS = "unread", "violations"


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class AlertFilter(forms.Form):
    """``products``: those to choose from, with more than one of them."""

    product = forms.ChoiceField(label="Product", required=False, widget=_select())
    kind = forms.ChoiceField(
        label="Which",
        required=False,
        widget=_select(),
        choices=[("", "All alerts"), (UNREAD, "New ones"), (VIOLATIONS, "Violations")],
    )

    def __init__(self, *args: Any, products: QuerySet[Product]) -> None:  # noqa: ANN401
        super().__init__(*args)
        rows = list(products.order_by("name", "id").values_list("pk", "name"))
        if len(rows) > 1:
            choices = [("", "All products"), *rows]
            self.fields["product"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["product"]

    def narrow(self, alerts: QuerySet[Alert]) -> QuerySet[Alert]:
        chosen = self.cleaned_data if self.is_valid() else {}
        if product := chosen.get("product"):
            alerts = alerts.filter(product=int(product))
        if chosen.get("kind") == UNREAD:
            alerts = alerts.filter(state=Alert.State.UNREAD)
        if chosen.get("kind") == VIOLATIONS:
            alerts = alerts.filter(level__gte=VIOLATION_FROM)
        return alerts
