"""The tenant, and the base of every row that belongs to one."""

from __future__ import annotations

from django.db import models


class Tenant(models.Model):
    """An API provider. ``subdomain`` gives both hosts: `{it}-admin.` and `{it}.` + the domain."""

    class State(models.TextChoices):
        CREATED = "created"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        SUSPENDED = "suspended"
        SCHEDULED_FOR_DELETION = "scheduled_for_deletion"

    org_name = models.CharField(max_length=255)
    subdomain = models.CharField(max_length=63, unique=True)
    is_master = models.BooleanField(default=False)
    state = models.CharField(max_length=24, choices=State, default=State.APPROVED)
    provider_key_digest = models.CharField(max_length=40, unique=True)
    provider_key_sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenants"
        constraints = [
            models.UniqueConstraint(
                fields=["is_master"], condition=models.Q(is_master=True), name="one_master"
            ),
        ]

    def __str__(self) -> str:
        return self.org_name


class TenantOwned(models.Model):
    """A row of a tenant's. It is only ever reached through queries that name the tenant."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="%(class)ss")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
