"""An alert of either portal: a level that an application reached of a limit, in one window."""

from __future__ import annotations

from django.db import models

from tollway.portal.accounts.models import Account
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product
from tollway.portal.tenants.models import TenantOwned

VIOLATION_FROM = 100  # percent; what is below is a warning


class Alert(TenantOwned):
    """``limit`` names the limit as it was then: "hits per hour". ``window`` is where it began.

    Each side has alerts of its own, of the levels that are ticked for it, and marks them by itself.

    ``marked`` is the token of the last change of its state, and ``was`` the state before it: so a
    change of many is undone without naming them.
    """

    class State(models.TextChoices):
        UNREAD = "unread"
        READ = "read"
        DELETED = "deleted"

    class Audience(models.TextChoices):
        """3scale's names."""

        PROVIDER = "provider"
        BUYER = "buyer"  # developers

    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PROVIDER)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    metric_id = models.BigIntegerField()
    period = models.CharField(max_length=16)
    window = models.BigIntegerField()
    level = models.PositiveSmallIntegerField()
    limit = models.CharField(max_length=320)
    used = models.BigIntegerField()
    maximum = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.UNREAD)
    was = models.CharField(max_length=8, choices=State, blank=True)
    marked = models.CharField(max_length=32, blank=True)

    class Meta:
        app_label = "alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "audience", "metric_id", "period", "window", "level"],
                name="one_alert_per_window",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "state", "created_at"], name="alerts_by_state"),
            models.Index(fields=["product", "state", "created_at"], name="alerts_by_product"),
            models.Index(fields=["account", "state", "created_at"], name="alerts_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.level} % of {self.limit}"

    @property
    def is_violation(self) -> bool:
        return self.level >= VIOLATION_FROM

    @property
    def is_unread(self) -> bool:
        return self.state == self.State.UNREAD
