"""Which subscriptions a user may see: those to the products that are not kept from them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ServicePlan, ServiceSubscription


def subscriptions_for(request: HttpRequest) -> QuerySet[ServiceSubscription]:
    sight = sight_of(request)
    return sight.within(selectors.subscriptions_of(sight.tenant), "product")


def service_plans_for(request: HttpRequest) -> QuerySet[ServicePlan]:
    """Return what an account can be subscribed on, by product."""
    sight = sight_of(request)
    plans = sight.within(selectors.service_plans_of(sight.tenant), "product")
    return plans.order_by("product__name", "position", "id")


def subscription_or_404(request: HttpRequest, subscription_id: int) -> ServiceSubscription:
    found = subscriptions_for(request).filter(pk=subscription_id).first()
    if found is None:
        raise Http404
    return found
