"""What the list of accounts is narrowed down to, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from tollway.portal.applications.selectors import AccountFilter
from tollway.portal.console.sight import Sight
from tollway.portal.console.spans import day_field, end_of, start_of
from tollway.portal.console.switches import ACCOUNT_PLANS, is_on
from tollway.portal.plans import selectors as plans
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm

ANY = ""
PLANS_MAX = 200


class AccountFilters(PageForm):
    """A list reads what is no choice as if it were not there; who acts on it asks ``is_valid``.

    The state is a field only where no tabs stand for it, the plan only where the tenant uses them.
    """

    plan = forms.ChoiceField(label="Plan", required=False)
    signed_up_from = day_field("Signed up from")
    signed_up_to = day_field("to")
    state = forms.ChoiceField(required=False, choices=[(ANY, "Any state"), *Tenant.State.choices])

    def __init__(self, given: Mapping[str, str], sight: Sight, *, with_state: bool) -> None:
        super().__init__(given)
        if not is_on(sight.tenant, ACCOUNT_PLANS):
            del self.fields["plan"]
        else:
            self._choose_plans(sight.tenant)
        if not with_state:
            del self.fields["state"]

    def _choose_plans(self, tenant: Tenant) -> None:
        rows = plans.account_plans_of(tenant).order_by("name")
        named = rows.values_list("pk", "name")[:PLANS_MAX]
        choices = [(ANY, "Any plan"), *((str(pk), name) for pk, name in named)]
        self.fields["plan"].choices = choices  # type: ignore[attr-defined]

    def wanted(self, *, state: str | None = None, text: str | None = None) -> AccountFilter:
        self.is_valid()
        found = self.cleaned_data
        return AccountFilter(
            state=found.get("state") or state,
            plan_id=int(found["plan"]) if found.get("plan") else None,
            signed_up_from=start_of(found.get("signed_up_from")),
            signed_up_until=end_of(found.get("signed_up_to")),
            text=text or None,
        )
