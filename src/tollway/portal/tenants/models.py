"""The tenant, and the base of every row that belongs to one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from tollway.portal.fields import Pattern, unseal

# A host label has 63 characters, and `-admin` must fit behind the subdomain.
SUBDOMAIN_LENGTH_MAX = 57
RESERVED = frozenset({"master", "admin", "www", "gateway", "staging", "echo", "api", "mail"})


def usable_subdomain(value: str) -> None:
    """Refuse names of the platform's own hosts, and what would be another tenant's admin host."""
    if value in RESERVED or value.endswith("-admin"):
        raise ValidationError("is reserved", code="rule")


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
    subdomain = models.CharField(
        max_length=SUBDOMAIN_LENGTH_MAX,
        unique=True,
        validators=[
            Pattern(
                r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
                "may have lower case letters, digits and, inside, hyphens only",
            ),
            usable_subdomain,
        ],
    )
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

    @property
    def provider_key(self) -> str:
        return unseal(self.provider_key_sealed, "provider_key")


class TenantOwned(models.Model):
    """A row of a tenant's. It is only ever reached through queries that name the tenant."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="%(class)ss")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
