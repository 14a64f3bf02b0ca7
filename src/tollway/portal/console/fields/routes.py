"""Addresses of the fields definitions: 3scale's."""

from __future__ import annotations

from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.fields import views
from tollway.portal.console.pages import page

_ALL = "admin/fields_definitions"
_ONE = f"{_ALL}/<int:field_id>"
_WHO = User.Section.SETTINGS

routes: list[URLPattern] = [
    page(_ALL, views.index, name="fields-definitions", section=_WHO),
    page(f"{_ALL}/new", views.new, name="field-new", section=_WHO),
    page(f"{_ALL}/move", views.move, name="fields-move", section=_WHO),
    page(f"{_ALL}/restore", views.restore, name="field-restore", section=_WHO),
    page(f"{_ONE}/edit", views.edit, name="field-edit", section=_WHO),
    page(f"{_ONE}/delete", views.delete, name="field-delete", section=_WHO),
]
