"""What plans set beside their terms: limits, prices, what is shown of metrics, and features."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tollway.portal.catalog.models import Metric, Product
from tollway.portal.fields import COUNT_MAX, taken
from tollway.portal.plans.models.plans import (
    SYSTEM_NAME,
    AccountPlan,
    ApplicationPlan,
    ServicePlan,
    price,
)
from tollway.portal.tenants.models import TenantOwned


class UsageLimit(TenantOwned):
    """At most ``value`` units of a metric in each window of ``period``. 0 switches it off.

    ``removed``, in custom plans only: the parent's limit of this metric and period does not apply.
    """

    class Period(models.TextChoices):
        ETERNITY = "eternity"
        YEAR = "year"
        MONTH = "month"
        WEEK = "week"
        DAY = "day"
        HOUR = "hour"
        MINUTE = "minute"

    plan = models.ForeignKey(ApplicationPlan, on_delete=models.CASCADE, related_name="limits")
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="limits")
    period = models.CharField(max_length=16, choices=Period)
    value = models.PositiveBigIntegerField(validators=[MaxValueValidator(COUNT_MAX)])
    removed = models.BooleanField(default=False)

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "metric", "period", name="one_limit_per_period")]

    def __str__(self) -> str:
        return f"{self.value} {self.metric} per {self.period}"


class PricingRule(TenantOwned):
    """Units ``min`` to ``max`` of a metric in a month, both included, cost so much each.

    ``max`` None: and all that come after. The ranges of one metric never overlap.
    """

    plan = models.ForeignKey(
        ApplicationPlan, on_delete=models.CASCADE, related_name="pricing_rules"
    )
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="pricing_rules")
    min = models.PositiveBigIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(COUNT_MAX)]
    )
    max = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(COUNT_MAX)]
    )
    cost_per_unit = price()

    class Meta:
        app_label = "plans"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(min__gte=1, cost_per_unit__gte=0),
                name="pricing_rule_begins_at_one",
            ),
            models.CheckConstraint(
                condition=models.Q(max__isnull=True) | models.Q(max__gte=models.F("min")),
                name="pricing_rule_ends_after_it_begins",
                violation_error_code="max",
                violation_error_message="must be greater than or equal to min",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost_per_unit} each from {self.min} to {self.max or 'infinity'}"


class PlanMetric(TenantOwned):
    """What a plan says of a metric beside its limits and prices. None: nothing.

    ``has_own_prices``, in custom plans only: the parent's prices of this metric do not apply.
    """

    plan = models.ForeignKey(ApplicationPlan, on_delete=models.CASCADE, related_name="metrics")
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="+")
    visible = models.BooleanField(null=True, blank=True)
    limits_only_text = models.BooleanField(null=True, blank=True)
    has_own_prices = models.BooleanField(default=False)

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "metric", name="one_word_per_metric")]

    def __str__(self) -> str:
        return f"{self.metric} in {self.plan}"


class Feature(TenantOwned):
    """Something that plans of one kind may include: a product's, or, without one, the tenant's."""

    class Scope(models.TextChoices):
        APPLICATION_PLAN = "application_plan"
        SERVICE_PLAN = "service_plan"
        ACCOUNT_PLAN = "account_plan"

    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="features"
    )
    scope = models.CharField(max_length=24, choices=Scope)
    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[SYSTEM_NAME])
    description = models.TextField(blank=True)
    visible = models.BooleanField(default=True)

    class Meta:
        app_label = "plans"
        constraints = [
            taken("product", "system_name", name="one_feature_per_system_name"),
            taken(
                "tenant",
                "system_name",
                name="one_account_feature_per_system_name",
                condition=models.Q(product__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(product__isnull=True, scope="account_plan")
                | models.Q(product__isnull=False) & ~models.Q(scope="account_plan"),
                name="feature_is_of_its_scope",
                violation_error_code="scope",
                violation_error_message="is not included in the list",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Featuring(TenantOwned):
    """A feature is in a plan."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.feature)


class AccountPlanFeature(Featuring):
    plan = models.ForeignKey(AccountPlan, on_delete=models.CASCADE, related_name="featurings")

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "feature", name="one_featuring_per_account_plan")]


class ServicePlanFeature(Featuring):
    plan = models.ForeignKey(ServicePlan, on_delete=models.CASCADE, related_name="featurings")

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "feature", name="one_featuring_per_service_plan")]


class ApplicationPlanFeature(Featuring):
    """``removed``, in custom plans only: the parent's feature is not in this plan."""

    plan = models.ForeignKey(ApplicationPlan, on_delete=models.CASCADE, related_name="featurings")
    removed = models.BooleanField(default=False)

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "feature", name="one_featuring_per_application_plan")]
