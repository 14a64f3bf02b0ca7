"""Applications and their credentials. No credential is kept in the clear."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models.functions import Lower

from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Product
from tollway.portal.fields import Pattern, taken, unseal
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.tenants.models import TenantOwned


class Application(TenantOwned):
    """Always under exactly one plan of its product (checklist S50).

    ``application_id`` names it on the wire in every mode; ``user_key`` is the credential of
    products that authenticate by user key.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        LIVE = "live"
        SUSPENDED = "suspended"
        DEPRECATED = "deprecated"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="applications")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="applications")
    plan = models.ForeignKey(
        ApplicationPlan, on_delete=models.RESTRICT, related_name="applications"
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.LIVE)
    application_id = models.CharField(
        max_length=255, validators=[Pattern(r"[A-Za-z0-9_.~:+/=@-]{4,}")]
    )
    user_key_digest = models.CharField(max_length=40)
    user_key_sealed = models.BinaryField()
    redirect_url = models.CharField(max_length=255, blank=True)
    extra_fields = models.JSONField(default=dict, blank=True)  # as the tenant defines them
    first_traffic_at = models.DateTimeField(null=True, blank=True)
    first_daily_traffic_at = models.DateTimeField(null=True, blank=True)
    last_traffic_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "applications"
        constraints = [
            taken("product", "application_id", name="one_application_per_id"),
            taken(
                "product", "user_key_digest", name="one_application_per_user_key", about="user_key"
            ),
        ]
        # PERF: bench/many.py. Lists are sorted and narrowed by these.
        indexes = [
            models.Index("tenant", Lower("name"), "id", name="applications_by_name"),
            models.Index(fields=["tenant", "created_at", "id"], name="applications_by_age"),
            models.Index(
                fields=["tenant", "last_traffic_at", "id"], name="applications_by_traffic"
            ),
            models.Index(fields=["tenant", "state"], name="applications_by_state"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trial_period_expires_at(self) -> datetime | None:
        """When the free trial of its plan is over, None without one."""
        days = self.plan.terms.trial_period_days
        return self.created_at + timedelta(days=days) if days else None

    @property
    def user_key(self) -> str:
        return unseal(self.user_key_sealed, "user_key")


class FormerUserKey(TenantOwned):
    """A user key that was replaced, and goes on opening the application for a while.

    When ``expires_at`` has come, the worker removes the row, and with it the key.
    """

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="former_user_keys"
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=40)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "applications"
        constraints = [
            taken("product", "digest", name="one_application_per_former_key", about="user_key")
        ]

    def __str__(self) -> str:
        return f"former user key of {self.application}"


class ApplicationKey(TenantOwned):
    """One of up to five keys that go with an application's id.

    A key that was replaced may stay valid until ``expires_at``; the others have none.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=40)
    value_sealed = models.BinaryField()
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        app_label = "applications"
        constraints = [taken("application", "digest", name="one_key_per_value", about="value")]

    def __str__(self) -> str:
        return f"key of {self.application}"

    @property
    def value(self) -> str:
        return unseal(self.value_sealed, "app_key")


class ReferrerFilter(TenantOwned):
    """From where calls may come, if the product requires it: a host name, an address, with `*`."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="referrer_filters"
    )
    value = models.CharField(max_length=255, validators=[Pattern(r"[A-Za-z0-9*.-]+")])

    class Meta:
        app_label = "applications"
        constraints = [taken("application", "value", name="one_filter_per_value")]

    def __str__(self) -> str:
        return self.value
