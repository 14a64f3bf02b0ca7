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

    ``product_id``: the one whose list it is; else one can be chosen, and then one of its plans.
    """

    state = forms.ChoiceField(
        required=False, choices=[(ANY, "Any state"), *ServiceSubscription.State.choices]
    )
    product = forms.ChoiceField(required=False)
    plan = forms.ChoiceField(required=False)
    type = forms.ChoiceField(
        required=False, choices=[(ANY, "Free or paid"), ("free", "Free"), ("paid", "Paid")]
    )

    def __init__(
        self, given: Mapping[str, str], sight: Sight, product_id: int | None = None
    ) -> None:
        super().__init__(given)
        self.product_id = product_id
        chosen = product_id
        if product_id is None:
            rows = sight.products().order_by("name").values_list("pk", "name")[:CHOICES_MAX]
            self._choose_from("product", "Any product", rows)
            chosen = next((pk for pk, _ in rows if str(pk) == self.data.get("product")), None)
        else:
            del self.fields["product"]
        if chosen is None:
            del self.fields["plan"]
        else:
            plans = service_plans_of(sight.tenant).filter(product=chosen)
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
            plan_type=found.get("type") or None,
            account_id=account_id,
            text=text or None,
        )
