"""What tenants have reached on their way, and who does not want to see it on the dashboard."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tollway.portal.tenants.models import Tenant


class Milestone(models.TextChoices):
    """The first three are the states of 3scale's go-live list, by its names."""

    API_TESTED = "api_sandbox_traffic"
    TEST_RECORDED = "verify_api_sandbox_traffic"
    DEPLOYED = "apicast_gateway_deployed"
    LIMIT_SET = "limit_set"
    LIMIT_SEEN = "limit_seen"
    DEVELOPER_JOINED = "developer_joined"
    ACCOUNT_APPROVED = "account_approved"
    PORTAL_OPENED = "portal_opened"
    OWN_API = "own_api"
    METRIC_ADDED = "metric_added"
    RULE_ADDED = "rule_added"
    PART_LIMITED = "part_limited"
    PART_SWITCHED_OFF = "part_switched_off"
    ALERTS_CHOSEN = "alerts_chosen"
    SELF_MANAGED = "self_managed"
    OPENID_CONNECT = "openid_connect"
    SEVERAL_BACKENDS = "several_backends"
    PRICED = "priced"


class Reached(models.Model):
    """A tenant has reached a milestone, and keeps it whatever comes after."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    milestone = models.CharField(max_length=32, choices=Milestone)
    at = models.DateTimeField()

    class Meta:
        app_label = "golive"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "milestone"], name="reached_once"),
        ]

    def __str__(self) -> str:
        return f"{self.milestone} of {self.tenant}"


class Closed(models.Model):
    """A user has closed the go-live steps. They are open to all others."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        app_label = "golive"

    def __str__(self) -> str:
        return f"closed for {self.user}"
