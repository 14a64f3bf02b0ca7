"""What the list of subscriptions is narrowed down to, as its address says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from tollway.portal.console.sight import Sight
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import SubscriptionFilter, service_plans_of
from tollway.portal.web.forms import PageForm

ANY = ""
CHOICES_MAX = 200  # longer lists of products and plans are reached from the product


class SubscriptionFilters(PageForm):
    """A list reads what is no choice as if it were not there; who acts on it asks ``is_valid``.

    Plans are a choice where the list is one product's.
    """

    state = forms.ChoiceField(
        required=False, choices=[(ANY, "Any state"), *ServiceSubscription.State.choices]
    )
    product = forms.ChoiceField(required=False)
    plan = forms.ChoiceField(required=False)

    def __init__(
        self, given: Mapping[str, str], sight: Sight, product_id: int | None = None
    ) -> None:
        super().__init__(given)
        self.product_id = product_id
        if product_id is None:
            del self.fields["plan"]
            rows = sight.products().order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("product", "Any product", rows)
        else:
            del self.fields["product"]
            plans = service_plans_of(sight.tenant).filter(product=product_id)
            named = plans.order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("plan", "Any plan", named)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.choices[0][1]  # type: ignore[attr-defined]

    def _choose_from(self, name: str, anything: str, rows: Iterable[tuple[int, str]]) -> None:
        choices = [(ANY, anything), *((str(pk), text) for pk, text in rows)]
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wanted(
        self, *, account_id: int | None = None, text: str | None = None
    ) -> SubscriptionFilter:
        self.is_valid()
        found = self.cleaned_data
        product, plan = found.get("product"), found.get("plan")
        return SubscriptionFilter(
            state=found.get("state") or None,
            product_id=int(product) if product else self.product_id,
            plan_id=int(plan) if plan else None,
            account_id=account_id,
            text=text or None,
        )
