"""What a list of applications is narrowed down to, as its address says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from msgspec.structs import replace

from tollway import clock
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import Filter
from tollway.portal.catalog.models import Product
from tollway.portal.console.sight import Sight
from tollway.portal.console.spans import day_field, end_of, start_of
from tollway.portal.plans import selectors as plans
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import TEXT_MAX

ANY = ""
CHOICES_MAX = 200  # longer lists of products and plans are reached from the product
NEVER = "never"
_CALLED: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
_SILENT: Mapping[str, timedelta] = {
    "no-week": timedelta(days=7),
    "no-month": timedelta(days=30),
}
TRAFFIC = (
    (ANY, "Called or not"),
    ("day", "Called in 24 hours"),
    ("week", "Called in 7 days"),
    ("month", "Called in 30 days"),
    ("no-week", "Silent for 7 days"),
    ("no-month", "Silent for 30 days"),
    (NEVER, "Never called"),
)


class ApplicationFilters(PageForm):
    """A list reads what is no choice as if it were not there; who acts on it asks ``is_valid``.

    ``product``: the one whose list it is; else one can be chosen, and then one of its plans.
    ``of_account``: whether it is the list of one account.
    """

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[(ANY, "Any state"), *Application.State.choices],
    )
    product = forms.ChoiceField(label="Product", required=False)
    plan = forms.ChoiceField(label="Plan", required=False)
    type = forms.ChoiceField(
        label="Free or paid",
        required=False,
        choices=[(ANY, "Free or paid"), ("free", "Free"), ("paid", "Paid")],
    )
    traffic = forms.ChoiceField(label="Traffic", required=False, choices=TRAFFIC)
    account = forms.CharField(
        label="Account",
        required=False,
        max_length=TEXT_MAX,
        widget=forms.TextInput(attrs={"placeholder": "Account", "autocomplete": "off"}),
    )
    created_from = day_field("Created from")
    created_to = day_field("to")

    def __init__(
        self,
        given: Mapping[str, str],
        sight: Sight,
        *,
        product: Product | None = None,
        of_account: bool = False,
    ) -> None:
        super().__init__(given)
        found = sight.within(plans.application_plans_of(sight.tenant, product), "product")
        if product is None:
            rows = sight.products().order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("product", "Any product", rows)
            found = found.filter(product__in=[pk for pk, _ in rows if str(pk) == self._given()])
        else:
            del self.fields["product"]
        if product is None and not self._given():
            del self.fields["plan"]
        else:
            named = found.order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("plan", "Any plan", named)
        if of_account:
            del self.fields["account"]

    def _given(self) -> str:
        return str(self.data.get("product", ""))

    def _choose_from(self, name: str, anything: str, rows: Iterable[Any]) -> None:
        field = self.fields[name]
        field.choices = [(ANY, anything), *((str(pk), text) for pk, text in rows)]  # type: ignore[attr-defined]

    def wanted(
        self, *, product: int | None = None, account: int | None = None, text: str | None = None
    ) -> Filter:
        """Return the filter. ``product`` and ``account`` are ids of those whose list it is."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value}
        asked = Filter(
            state=found.get("state"),
            product_id=product or (int(found["product"]) if "product" in found else None),
            plan_id=int(found["plan"]) if "plan" in found else None,
            plan_type=found.get("type"),
            text=text or None,
            account_id=account,
            account_text=found.get("account"),
            created_from=start_of(found.get("created_from")),
            created_until=end_of(found.get("created_to")),
        )
        return _with_traffic(asked, found.get("traffic", ANY))


def _with_traffic(asked: Filter, traffic: str) -> Filter:
    now = clock.utc_now()
    if traffic == NEVER:
        return replace(asked, has_called=False)
    if traffic in _CALLED:
        return replace(asked, called_since=now - _CALLED[traffic])
    if traffic in _SILENT:
        return replace(asked, silent_since=now - _SILENT[traffic])
    return asked
