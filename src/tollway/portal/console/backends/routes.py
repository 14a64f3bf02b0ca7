"""The addresses of backends, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.backends import index
from tollway.portal.console.pages import page

_PLANS = User.Section.PLANS
_ALL = "p/admin/backend_apis"
_ONE = f"{_ALL}/<int:backend_id>"

routes = [
    page(_ALL, index.index, name="backends", section=_PLANS),
    page(f"{_ALL}/new", index.new, name="backend-new", section=_PLANS),
    page(f"{_ALL}/suggest", index.suggest, name="backend-suggest", section=_PLANS),
    page(_ONE, index.overview, name="backend", section=_PLANS),
    page(f"{_ONE}/edit", index.edit, name="backend-edit", section=_PLANS),
    page(f"{_ONE}/delete", index.delete, name="backend-delete", section=_PLANS),
]
