"""The addresses of application plans, as 3scale's users know them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import page
from tollway.portal.console.plans import cells, features, listing, steps
from tollway.portal.console.plans import page as plan

_PLANS = User.Section.PLANS
_ALL = "apiconfig/services/<int:product_id>/application_plans"
_ONE = "apiconfig/application_plans/<int:plan_id>"
_METRIC = f"{_ONE}/metrics/<int:metric_id>"
_FEATURE = f"{_ONE}/features/<int:feature_id>"
_STEP = f"{_METRIC}/steps/<int:rule_id>"

routes = [
    page(_ALL, listing.index, name="application-plans", section=_PLANS),
    page(f"{_ALL}/new", listing.new, name="application-plan-new", section=_PLANS),
    page(f"{_ALL}/suggest", listing.suggest, name="application-plan-suggest", section=_PLANS),
    page(f"{_ALL}/default", listing.choose_default, name="default-plan", section=_PLANS),
    page(f"{_ONE}/edit", plan.edit, name="application-plan", section=_PLANS),
    page(f"{_ONE}/publish", listing.publish, name="application-plan-publish", section=_PLANS),
    page(f"{_ONE}/copy", listing.copy, name="application-plan-copy", section=_PLANS),
    page(f"{_ONE}/delete", listing.delete, name="application-plan-delete", section=_PLANS),
    page(f"{_ONE}/metrics/new", plan.new_metric, name="plan-metric-new", section=_PLANS),
    page(_METRIC, steps.index, name="plan-metric", section=_PLANS),
    page(f"{_METRIC}/limits/<slug:period>", cells.limit, name="plan-limit", section=_PLANS),
    page(f"{_METRIC}/price", cells.price, name="plan-price", section=_PLANS),
    page(f"{_METRIC}/enabled", cells.enabled, name="plan-enabled", section=_PLANS),
    page(f"{_METRIC}/visible", cells.visible, name="plan-visible", section=_PLANS),
    page(f"{_METRIC}/text", steps.as_text, name="plan-as-text", section=_PLANS),
    page(_STEP, steps.edit, name="plan-step", section=_PLANS),
    page(f"{_STEP}/delete", steps.delete, name="plan-step-delete", section=_PLANS),
    page(f"{_ONE}/features/new", features.new, name="plan-feature-new", section=_PLANS),
    page(_FEATURE, features.edit, name="plan-feature", section=_PLANS),
    page(f"{_FEATURE}/turn", features.turn, name="plan-feature-turn", section=_PLANS),
    page(f"{_FEATURE}/delete", features.delete, name="plan-feature-delete", section=_PLANS),
]
