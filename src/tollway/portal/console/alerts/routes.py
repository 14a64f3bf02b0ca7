"""Addresses of the lists of alerts: 3scale's."""

from __future__ import annotations

from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.alerts import views
from tollway.portal.console.pages import page

_ALL, _ONE = "apiconfig/alerts", "apiconfig/services/<int:product_id>/alerts"
_WHO = User.Section.MONITORING

routes: list[URLPattern] = [
    page(_ALL, views.index, name="alerts", section=_WHO),
    page(f"{_ALL}/mark", views.mark, name="alerts-mark", section=_WHO),
    page(_ONE, views.index, name="product-alerts", section=_WHO),
    page(f"{_ONE}/mark", views.mark, name="product-alerts-mark", section=_WHO),
]
