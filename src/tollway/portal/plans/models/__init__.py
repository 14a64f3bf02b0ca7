"""The plans of accounts, of products and of applications: their conditions, and who is on them."""

from tollway.portal.plans.models.conditions import (
    AccountPlanFeature,
    ApplicationPlanFeature,
    Feature,
    Featuring,
    PlanMetric,
    PricingRule,
    ServicePlanFeature,
    UsageLimit,
)
from tollway.portal.plans.models.contracts import AccountContract, ServiceSubscription
from tollway.portal.plans.models.plans import (
    TERMS,
    AccountPlan,
    ApplicationPlan,
    Plan,
    ServicePlan,
    Terms,
)

__all__ = [
    "TERMS",
    "AccountContract",
    "AccountPlan",
    "AccountPlanFeature",
    "ApplicationPlan",
    "ApplicationPlanFeature",
    "Feature",
    "Featuring",
    "Plan",
    "PlanMetric",
    "PricingRule",
    "ServicePlan",
    "ServicePlanFeature",
    "ServiceSubscription",
    "Terms",
    "UsageLimit",
]
