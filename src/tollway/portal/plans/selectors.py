"""Reading plans, what they set, and who is on them. The tenant comes first in every function.

What a custom plan sets is always told in full: its parent's, overlaid by its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Q, QuerySet, Value
from msgspec import Struct

from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Metric, Product
from tollway.portal.plans.models import (
    AccountContract,
    AccountPlan,
    ApplicationPlan,
    Feature,
    Plan,
    PlanMetric,
    PricingRule,
    ServicePlan,
    ServiceSubscription,
    UsageLimit,
)
from tollway.portal.plans.patches import overlaid
from tollway.portal.tenants.models import Tenant

P = TypeVar("P", bound=Plan)


def account_plans_of(tenant: Tenant) -> QuerySet[AccountPlan]:
    return AccountPlan.objects.filter(tenant=tenant).order_by("id")


def default_account_plan_of(tenant: Tenant) -> AccountPlan | None:
    return account_plans_of(tenant).filter(is_default=True).first()


def service_plans_of(tenant: Tenant, product: Product | None = None) -> QuerySet[ServicePlan]:
    """Return the service plans of all products, or of one."""
    plans = ServicePlan.objects.filter(tenant=tenant)
    if product is not None:
        plans = plans.filter(product=product)
    return plans.select_related("product").order_by("id")


def default_service_plans_of(tenant: Tenant) -> QuerySet[ServicePlan]:
    """Return the default of each product that has one: what a sign-up subscribes to."""
    return service_plans_of(tenant).filter(is_default=True)


def any_application_plans_of(
    tenant: Tenant, product: Product | None = None
) -> QuerySet[ApplicationPlan]:
    """Return the plans of all products, or of one, with those made for single applications."""
    plans = ApplicationPlan.objects.filter(tenant=tenant)
    if product is not None:
        plans = plans.filter(product=product)
    return plans.select_related("product", "parent").order_by("id")


def application_plans_of(
    tenant: Tenant, product: Product | None = None
) -> QuerySet[ApplicationPlan]:
    """Return the plans of all products, or of one; no custom plans."""
    return any_application_plans_of(tenant, product).filter(parent=None)


def published_plans_of(tenant: Tenant, product: Product) -> QuerySet[ApplicationPlan]:
    """Return what developers may choose from, in the order of the portal."""
    plans = application_plans_of(tenant, product)
    return plans.filter(state=Plan.State.PUBLISHED).order_by("position", "id")


def default_plan_of(tenant: Tenant, product: Product) -> ApplicationPlan | None:
    return application_plans_of(tenant, product).filter(is_default=True).first()


def default_plans_of(tenant: Tenant) -> QuerySet[ApplicationPlan]:
    """Return the default plan of each product that has one: what a sign-up subscribes to."""
    return application_plans_of(tenant).filter(is_default=True)


def free_application_plans_of(tenant: Tenant) -> QuerySet[ApplicationPlan]:
    """Return the plans, custom ones too, that cost neither once nor by the month."""
    free = Q()
    for fee in ("setup_fee", "cost_per_month"):
        inherited = Q(**{f"{fee}__isnull": True, f"parent__{fee}": 0})
        free &= Q(**{fee: 0}) | inherited
    return any_application_plans_of(tenant).filter(free)


def limits_of(
    tenant: Tenant, plan: ApplicationPlan, metric: Metric | None = None
) -> QuerySet[UsageLimit]:
    """Return the limits in force in a plan, or those of one metric.

    ``of_plan`` of each is the plan's id, also where the row is its parent's.
    """
    limits = UsageLimit.objects.filter(tenant=tenant)
    if plan.parent_id is None:
        found = limits.filter(plan=plan)
    else:
        in_force = effective_limits(limits.filter(plan=plan.parent_id), limits.filter(plan=plan))
        found = limits.filter(pk__in=[limit.pk for limit in in_force])
    if metric is not None:
        found = found.filter(metric=metric)
    return (
        found.annotate(of_plan=Value(plan.pk))
        .select_related("metric__backend", "plan")
        .order_by("id")
    )


def effective_limits(parent: Iterable[UsageLimit], own: Iterable[UsageLimit]) -> list[UsageLimit]:
    """Overlay limits by metric and period, ordered by id."""
    patch = {_place(limit): None if limit.removed else limit for limit in own}
    found = overlaid({_place(limit): limit for limit in parent}, patch)
    return sorted(found.values(), key=lambda limit: limit.pk)


def _place(limit: UsageLimit) -> tuple[int, str]:
    return limit.metric_id, limit.period


def limit_by_id(tenant: Tenant, plan: ApplicationPlan, pk: int) -> UsageLimit | None:
    """Find a limit in force. In a custom plan, its parent's id leads to what replaced it."""
    limits = limits_of(tenant, plan)
    found = limits.filter(pk=pk).first()
    if found is None and plan.parent_id is not None:
        replaced = UsageLimit.objects.filter(tenant=tenant, plan=plan.parent_id, pk=pk).first()
        if replaced is not None:
            found = limits.filter(metric=replaced.metric_id, period=replaced.period).first()
    return found


def pricing_rules_of(
    tenant: Tenant, plan: ApplicationPlan, metric: Metric | None = None
) -> QuerySet[PricingRule]:
    """Return the prices in force in a plan, or those of one metric; ``of_plan`` as for limits."""
    rules = PricingRule.objects.filter(tenant=tenant)
    if plan.parent_id is None:
        found = rules.filter(plan=plan)
    else:
        patch: dict[int, list[PricingRule] | None] = {
            pk: []
            for pk in plan.metrics.filter(has_own_prices=True).values_list("metric_id", flat=True)
        }
        patch |= _by_metric(rules.filter(plan=plan))
        tables = overlaid(_by_metric(rules.filter(plan=plan.parent_id)), patch)
        found = rules.filter(pk__in=[rule.pk for table in tables.values() for rule in table])
    if metric is not None:
        found = found.filter(metric=metric)
    return found.annotate(of_plan=Value(plan.pk)).select_related("metric", "plan").order_by("id")


def pricing_rule_by_id(tenant: Tenant, plan: ApplicationPlan, pk: int) -> PricingRule | None:
    """Find a price in force. In a custom plan, its parent's id leads to the copy of its range."""
    rules = pricing_rules_of(tenant, plan)
    found = rules.filter(pk=pk).first()
    if found is None and plan.parent_id is not None:
        copied = PricingRule.objects.filter(tenant=tenant, plan=plan.parent_id, pk=pk).first()
        if copied is not None:
            found = rules.filter(metric=copied.metric_id, min=copied.min, max=copied.max).first()
    return found


def _by_metric(rules: Iterable[PricingRule]) -> dict[int, list[PricingRule]]:
    tables: dict[int, list[PricingRule]] = defaultdict(list)
    for rule in rules:
        tables[rule.metric_id].append(rule)
    return tables


def shown_metrics_of(tenant: Tenant, plan: ApplicationPlan) -> dict[int, tuple[bool, bool]]:
    """Say by metric id what the plan says of it: is it visible, are its limits text only.

    A metric that is not named is visible, its limits as text.
    """
    said: dict[tuple[int, str], bool] = {}
    for each in filter(None, (plan.parent_id, plan.pk)):
        rows = PlanMetric.objects.filter(tenant=tenant, plan=each)
        patch = {
            (row.metric_id, name): getattr(row, name)
            for row in rows
            for name in ("visible", "limits_only_text")
            if getattr(row, name) is not None
        }
        said = overlaid(said, patch)
    return {
        metric: (said.get((metric, "visible"), True), said.get((metric, "limits_only_text"), True))
        for metric, _ in said
    }


def features_of(tenant: Tenant, product: Product | None) -> QuerySet[Feature]:
    """Return a product's features, or, with None, those of the tenant's account plans."""
    return Feature.objects.filter(tenant=tenant, product=product).order_by("id")


def plan_features_of(
    tenant: Tenant, plan: AccountPlan | ServicePlan | ApplicationPlan
) -> QuerySet[Feature]:
    """Return the features that are in a plan."""
    included = _included(plan)
    if isinstance(plan, ApplicationPlan) and plan.parent is not None:
        patch = {
            row.feature_id: None if row.removed else row.feature_id for row in plan.featurings.all()
        }
        included = overlaid(_included(plan.parent), patch)
    return Feature.objects.filter(tenant=tenant, pk__in=included).order_by("id")


def _included(plan: AccountPlan | ServicePlan | ApplicationPlan) -> dict[int, int]:
    return {pk: pk for pk in plan.featurings.values_list("feature_id", flat=True)}


def contract_of(tenant: Tenant, account: Account) -> AccountContract | None:
    contracts = AccountContract.objects.filter(tenant=tenant, account=account)
    return contracts.select_related("plan").first()


def subscriptions_of(
    tenant: Tenant, account: Account | None = None
) -> QuerySet[ServiceSubscription]:
    """Return the service subscriptions of all accounts, or of one."""
    subscriptions = ServiceSubscription.objects.filter(tenant=tenant)
    if account is not None:
        subscriptions = subscriptions.filter(account=account)
    return subscriptions.select_related("account", "product", "plan").order_by("id")


class SubscriptionFilter(Struct, frozen=True, tag=True):
    """What to look for among subscriptions; None is anything. ``text``: in the account's name.

    ``plan_type``: "free" or "paid", a plan that costs nothing or something.
    """

    state: str | None = None
    product_id: int | None = None
    plan_id: int | None = None
    plan_type: str | None = None
    account_id: int | None = None
    text: str | None = None


def matching_subscriptions(
    tenant: Tenant, wanted: SubscriptionFilter
) -> QuerySet[ServiceSubscription]:
    """Return the subscriptions that ``wanted`` lets through."""
    lookups = {
        "state": wanted.state,
        "product": wanted.product_id,
        "plan": wanted.plan_id,
        "account": wanted.account_id,
        "account__org_name__icontains": wanted.text,
    }
    given = {name: value for name, value in lookups.items() if value is not None}
    found = subscriptions_of(tenant).filter(**given)
    if wanted.plan_type in {"free", "paid"}:
        free = Q(plan__setup_fee=0, plan__cost_per_month=0)
        found = found.filter(free if wanted.plan_type == "free" else ~free)
    return found
