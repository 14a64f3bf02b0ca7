"""Shapes of what binds an account to a product."""

from __future__ import annotations

import msgspec

from tollway.portal.api.resource import TIMES, Resource
from tollway.portal.plans.models import ServiceSubscription


def _path(subscription: ServiceSubscription) -> str:
    account = f"/admin/api/accounts/{subscription.account_id}"
    return f"{account}/service_subscriptions/{subscription.pk}"


_FIELDS = (
    "id", "plan_id", "user_account_id", *TIMES, "state", "paid_until", "trial_period_expires_at",
    "setup_fee", "type", "variable_cost_paid_until", "tenant_id", "service_id", "accepted_at",
)  # fmt: skip

SERVICE_SUBSCRIPTION = Resource(
    "service_subscription",
    "service_subscriptions",
    json=_FIELDS,
    values={
        "user_account_id": lambda subscription: subscription.account_id,
        "service_id": lambda subscription: subscription.product_id,
        "setup_fee": lambda subscription: subscription.plan.setup_fee,
        "type": lambda _subscription: "ServiceContract",
        # Nothing is billed yet.
        "paid_until": lambda _subscription: None,
        "variable_cost_paid_until": lambda _subscription: None,
    },
    links={
        "self": _path,
        "service": lambda subscription: f"/admin/api/services/{subscription.product_id}",
        "plan": lambda subscription: (
            f"/admin/api/services/{subscription.product_id}/service_plans/{subscription.plan_id}"
        ),
    },
    load=lambda query: query.select_related("plan"),
)

# What subscriptions were called before; this name has XML, too.
SERVICE_CONTRACT = msgspec.structs.replace(
    SERVICE_SUBSCRIPTION,
    entity="service_contract",
    collection="service_contracts",
    xml=_FIELDS,
    xml_entity="service-contract",
    xml_collection="service-contracts",
)
