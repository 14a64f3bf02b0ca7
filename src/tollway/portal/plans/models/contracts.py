"""Which plans accounts are on: their own, and those of the products that they subscribe to."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Product
from tollway.portal.fields import taken
from tollway.portal.plans.models.plans import AccountPlan, ServicePlan
from tollway.portal.tenants.models import TenantOwned


class AccountContract(TenantOwned):
    """An account's one account plan. Whether it is approved is the account's own state."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="contract")
    plan = models.ForeignKey(AccountPlan, on_delete=models.RESTRICT, related_name="contracts")

    class Meta:
        app_label = "plans"

    def __str__(self) -> str:
        return f"{self.account} on {self.plan}"


class ServiceSubscription(TenantOwned):
    """An account's one service plan of a product; while it is live, applications may be made."""

    class State(models.TextChoices):
        PENDING = "pending"
        LIVE = "live"
        SUSPENDED = "suspended"

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="service_subscriptions"
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="service_subscriptions"
    )
    plan = models.ForeignKey(ServicePlan, on_delete=models.RESTRICT, related_name="contracts")
    state = models.CharField(max_length=16, choices=State, default=State.LIVE)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "plans"
        constraints = [
            taken("account", "product", name="one_subscription_per_product", about="plan_id")
        ]

    def __str__(self) -> str:
        return f"{self.account} on {self.plan}"

    @property
    def trial_period_expires_at(self) -> datetime | None:
        days = self.plan.trial_period_days
        return self.created_at + timedelta(days=days) if days else None
