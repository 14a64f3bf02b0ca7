"""The addresses of subscriptions, which 3scale calls service contracts."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.contracts import index
from tollway.portal.console.contracts import page as subscription
from tollway.portal.console.pages import page
from tollway.portal.console.switches import SERVICE_PLANS, only_with

_ALL = "buyers/service_contracts"
_ONE = f"{_ALL}/<int:subscription_id>"
_OF_ACCOUNT = "buyers/accounts/<int:account_id>/service_contracts"
_OF_PRODUCT = "apiconfig/services/<int:product_id>/service_contracts"


def _page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    return page(route, only_with(SERVICE_PLANS, view), name=name, section=User.Section.PARTNERS)


routes = [
    _page(_ALL, index.index, "subscriptions"),
    _page(_OF_PRODUCT, index.of_product, "product-subscriptions"),
    _page(_OF_ACCOUNT, index.of_account, "account-subscriptions"),
    _page(f"{_OF_ACCOUNT}/new", subscription.new, "subscription-new"),
    _page(_ONE, subscription.index, "subscription"),
    _page(f"{_ONE}/plan", subscription.change_plan, "subscription-plan-change"),
    _page(f"{_ONE}/state/<slug:event>", subscription.move, "subscription-state"),
    _page(f"{_ONE}/delete", subscription.delete, "subscription-delete"),
]
