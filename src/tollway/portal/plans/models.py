"""What an application may use, how much of it, and what that costs."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tollway.portal.catalog.models import Metric, Product
from tollway.portal.fields import COUNT_MAX, Pattern, taken
from tollway.portal.tenants.models import TenantOwned


def _price() -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(
        max_digits=20, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(0)]
    )


class ApplicationPlan(TenantOwned):
    class State(models.TextChoices):
        HIDDEN = "hidden"
        PUBLISHED = "published"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="application_plans")
    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[Pattern(r"[A-Za-z0-9_-]+")])
    state = models.CharField(max_length=16, choices=State, default=State.HIDDEN)
    is_default = models.BooleanField(default=False)
    approval_required = models.BooleanField(default=False)
    setup_fee = _price()
    cost_per_month = _price()
    trial_period_days = models.PositiveIntegerField(default=0)
    cancellation_period = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "plans"
        constraints = [
            taken("product", "system_name", name="one_plan_per_system_name"),
            taken("product", "name", name="one_plan_per_name"),
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(is_default=True),
                name="one_default_application_plan",
            ),
            models.CheckConstraint(
                condition=models.Q(setup_fee__gte=0, cost_per_month__gte=0),
                name="plan_costs_nothing_or_more",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UsageLimit(TenantOwned):
    """At most ``value`` units of a metric in each window of ``period``. 0 switches it off."""

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

    class Meta:
        app_label = "plans"
        constraints = [taken("plan", "metric", "period", name="one_limit_per_period")]

    def __str__(self) -> str:
        return f"{self.value} {self.metric} per {self.period}"
