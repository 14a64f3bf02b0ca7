"""The forms of a plan and of a feature."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from tollway.portal.console.naming import Naming, name_field, suggesting, system_name_field
from tollway.portal.console.plans.words import Words
from tollway.portal.fields import COUNT_MAX, Pattern
from tollway.portal.plans.models import TERMS, Feature
from tollway.portal.plans.models.plans import DAYS_MAX, PRICE_DECIMALS
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.web.forms import PageForm

NAMING = Naming(Pattern(r"[A-Za-z0-9_-]+"), "Letters, digits, hyphens and _ .", "plan")
_PRICE = {"invalid": "Enter a price like 49 or 0.25.", "min_value": "A price is 0 or more."}
_DAYS = {
    "invalid": "Enter a number of days.",
    "min_value": "Enter 0 or more days.",
    "max_value": f"At most {DAYS_MAX:,} days.",
}
_UNITS = {"invalid": "Enter a whole number.", "min_value": "Ranges begin at 1."}


class PriceField(forms.DecimalField):
    """An amount, shown without the zeros that the database adds: 49, not 49.0000."""

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401  (or what was typed)
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def price_field(label: str, help_text: str = "") -> PriceField:
    return PriceField(
        label=label,
        min_value=Decimal(0),
        max_digits=20,
        decimal_places=PRICE_DECIMALS,
        help_text=help_text,
        error_messages={**_PRICE, "required": "Enter a price, or 0."},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def _days_field(label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=DAYS_MAX,
        help_text=help_text,
        error_messages={**_DAYS, "required": "Enter a number of days, or 0."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PlanForm(PageForm):
    """The terms of a plan. ``words`` say who waits for approval."""

    name = name_field("Name", "What developers choose by.")
    approval_required = forms.BooleanField(required=False)
    trial_period_days = _days_field("Trial, in days", "Nothing is charged before it is over.")
    setup_fee = price_field("Setup fee", "Charged once.")
    cost_per_month = price_field("Cost per month", "For a part of a month, a part of it.")
    cancellation_period = _days_field("Notice, in days", "Told to developers; not enforced.")

    def __init__(self, words: Words, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        field = self.fields["approval_required"]
        field.label, field.help_text = words.approval, words.until_approved


class NewPlanForm(PlanForm):
    """A new plan, free unless something is typed. ``url`` suggests system names."""

    system_name = system_name_field(f"In the API. {NAMING.words}")

    field_order = ("name", "system_name")

    def __init__(
        self,
        words: Words,
        url: str,
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        initial = {
            "trial_period_days": 0,
            "setup_fee": 0,
            "cost_per_month": 0,
            "cancellation_period": 0,
        }
        super().__init__(words, *args, **{"initial": initial, **options})
        for name in ("name", "system_name"):
            self.fields[name].widget.attrs |= suggesting(url, "name")


class FeatureForm(PageForm):
    name = name_field("Name", "One line, as developers read it when they compare plans.")
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    visible = forms.BooleanField(label="Shown to developers", required=False, initial=True)


class StepForm(PageForm):
    """A range of units in a month, and what each of them costs."""

    min = forms.IntegerField(
        label="From",
        min_value=1,
        max_value=COUNT_MAX,
        initial=1,
        error_messages={**_UNITS, "required": "Enter where the range begins."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    max = forms.IntegerField(
        label="To",
        min_value=1,
        max_value=COUNT_MAX,
        required=False,
        help_text="Empty: all that come after.",
        error_messages=_UNITS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    cost_per_unit = price_field("Each costs")


def values(plan: AnyPlan) -> dict[str, Any]:
    """Return a plan's terms as the form has them, a parent's counted in."""
    terms = plan.terms
    return {term: getattr(terms, term) for term in TERMS}


def feature_values(feature: Feature) -> dict[str, Any]:
    return {name: getattr(feature, name) for name in ("name", "description", "visible")}
