"""The forms of plans and features: what they take, and how rows fill them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.people import Provider
from tollway.portal.console.plans import forms
from tollway.portal.console.plans.words import ACCOUNT
from tollway.portal.plans.models import Feature
from tollway.portal.plans.services import make_custom_plan

pytestmark = pytest.mark.django_db


def test_a_plan_fills_its_form_a_custom_one_with_what_it_inherits(acme: Provider) -> None:
    custom = make_custom_plan(acme.plan)
    shown = forms.values(custom)
    assert shown["name"] == "Basic (custom)"
    assert shown["setup_fee"] == acme.plan.setup_fee
    assert forms.NewPlanForm(ACCOUNT, "/suggest").initial["cost_per_month"] == 0


def test_a_feature_fills_its_form() -> None:
    feature = Feature(name="Phone", description="By day", visible=False)
    assert forms.FeatureForm(initial=forms.feature_values(feature))["name"].value() == "Phone"


def test_a_step_may_have_no_end() -> None:
    form = forms.StepForm({"min": "1", "max": "", "cost_per_unit": "0.5"})
    assert form.is_valid()
    assert form.cleaned_data["max"] is None


@pytest.mark.parametrize(
    ("kept", "shown"),
    [("49.0000", "49"), ("0.0000", "0"), ("0.0005", "0.0005"), ("1000.5000", "1000.5")],
)
def test_a_price_is_shown_without_the_databases_zeros(kept: str, shown: str) -> None:
    form = forms.StepForm(initial={"cost_per_unit": Decimal(kept)})
    assert form["cost_per_unit"].value() == shown
