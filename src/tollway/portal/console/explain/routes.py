"""The addresses of the inspector and of integration errors."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.explain import errors, views
from tollway.portal.console.pages import page

_ONE = "apiconfig/services/<int:product_id>"
_MONITORING = User.Section.MONITORING

routes = [
    page(f"{_ONE}/explain", views.page, name=views.ITEM, section=User.Section.PLANS),
    page(f"{_ONE}/errors", errors.page, name=errors.ITEM, section=_MONITORING),
    page(f"{_ONE}/errors/purge", errors.purge, name="product-errors-purge", section=_MONITORING),
]
