"""The addresses of plans, as 3scale's users know them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import page
from tollway.portal.console.plans import cells, features, limits, listing, steps, toggles
from tollway.portal.console.plans import page as plan
from tollway.portal.console.plans.kinds import ACCOUNT, APPLICATION, SERVICE, Kind
from tollway.portal.console.switches import ACCOUNT_PLANS, SERVICE_PLANS, Switch, only_with

_PLANS = User.Section.PLANS
_ONE = "apiconfig/application_plans/<int:plan_id>"
_METRIC = f"{_ONE}/metrics/<int:metric_id>"
_STEP = f"{_METRIC}/steps/<int:rule_id>"


def _of_kind(kind: Kind, every: str, one: str, switch: Switch | None = None) -> list[URLPattern]:
    """Return the pages that all kinds have; ``every`` and ``one`` are where the plans are."""
    feature = f"{one}/features/<int:feature_id>"
    rows: tuple[tuple[str, Callable[..., HttpResponse], str], ...] = (
        (every, listing.index, "s"),
        (f"{every}/new", listing.new, "-new"),
        (f"{every}/suggest", listing.suggest, "-suggest"),
        (f"{every}/default", listing.choose_default, "-default"),
        (f"{one}/edit", plan.edit, ""),
        (f"{one}/publish", listing.publish, "-publish"),
        (f"{one}/copy", listing.copy, "-copy"),
        (f"{one}/delete", listing.delete, "-delete"),
        (f"{one}/features/new", features.new, "-feature-new"),
        (feature, features.edit, "-feature"),
        (f"{feature}/turn", features.turn, "-feature-turn"),
        (f"{feature}/delete", features.delete, "-feature-delete"),
    )
    views = [(route, partial(view, kind=kind), f"{kind.name}{name}") for route, view, name in rows]
    return [
        page(route, only_with(switch, view) if switch else view, name=name, section=_PLANS)
        for route, view, name in views
    ]


routes = [
    *_of_kind(APPLICATION, "apiconfig/services/<int:product_id>/application_plans", _ONE),
    *_of_kind(
        SERVICE,
        "apiconfig/services/<int:product_id>/service_plans",
        "apiconfig/service_plans/<int:plan_id>",
        SERVICE_PLANS,
    ),
    *_of_kind(ACCOUNT, "buyers/account_plans", "buyers/account_plans/<int:plan_id>", ACCOUNT_PLANS),
    page(f"{_ONE}/metrics/new", limits.new_metric, name="plan-metric-new", section=_PLANS),
    page(_METRIC, steps.index, name="plan-metric", section=_PLANS),
    page(f"{_METRIC}/limits/<slug:period>", cells.limit, name="plan-limit", section=_PLANS),
    page(f"{_METRIC}/price", cells.price, name="plan-price", section=_PLANS),
    page(f"{_METRIC}/enabled", toggles.enabled, name="plan-enabled", section=_PLANS),
    page(f"{_METRIC}/visible", toggles.visible, name="plan-visible", section=_PLANS),
    page(f"{_METRIC}/text", steps.as_text, name="plan-as-text", section=_PLANS),
    page(_STEP, steps.edit, name="plan-step", section=_PLANS),
    page(f"{_STEP}/delete", steps.delete, name="plan-step-delete", section=_PLANS),
]
