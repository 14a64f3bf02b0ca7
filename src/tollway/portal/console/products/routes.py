"""The addresses of products, as 3scale has them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import page
from tollway.portal.console.products import index, making, overview, plugins, settings, usages

_PLANS = User.Section.PLANS
_ALL = "apiconfig/services"
_ONE = f"{_ALL}/<int:product_id>"
_USAGES = f"{_ONE}/backend_usages"

routes = [
    page(_ALL, index.index, name="products", section=_PLANS),
    page(f"{_ALL}/new", making.new, name="product-new", section=_PLANS),
    page(f"{_ALL}/suggest", making.suggest, name="product-suggest", section=_PLANS),
    page(_ONE, overview.overview, name="product", section=_PLANS),
    page(f"{_ONE}/edit", making.edit, name="product-edit", section=_PLANS),
    page(f"{_ONE}/delete", making.delete, name="product-delete", section=_PLANS),
    page(f"{_ONE}/settings", settings.settings, name="product-settings", section=_PLANS),
    page(f"{_ONE}/settings/rotate", settings.rotate, name="product-rotate", section=_PLANS),
    page(f"{_ONE}/settings/issuer", settings.issuer, name="product-issuer", section=_PLANS),
    page(f"{_ONE}/code", plugins.code, name="product-code", section=_PLANS),
    page(_USAGES, usages.index, name="product-backends", section=_PLANS),
    page(f"{_USAGES}/new", usages.add, name="product-backend-add", section=_PLANS),
    page(
        f"{_USAGES}/<int:usage_id>/edit", usages.edit, name="product-backend-edit", section=_PLANS
    ),
    page(
        f"{_USAGES}/<int:usage_id>/delete",
        usages.remove,
        name="product-backend-remove",
        section=_PLANS,
    ),
]
