"""Addresses of the rules: 3scale's."""

from __future__ import annotations

from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import page
from tollway.portal.console.rules import product, sign_up, switches

_SECTION = User.Section
_SWITCHES = "p/admin/cms/switches"
_PRODUCT = "apiconfig/services/<int:product_id>/usage_rules"

routes: list[URLPattern] = [
    page("site/usage_rules/edit", sign_up.edit, name="usage-rules", section=_SECTION.SETTINGS),
    page(_SWITCHES, switches.index, name="switches", section=_SECTION.SETTINGS),
    page(f"{_SWITCHES}/<slug:column>", switches.turn, name="switch", section=_SECTION.SETTINGS),
    page(_PRODUCT, product.edit, name="product-usage-rules", section=_SECTION.PLANS),
]
