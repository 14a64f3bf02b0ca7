"""Developer accounts, users of both portals, and the tokens that act for them."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from tollway.portal.tenants.models import Tenant, TenantOwned


class Account(TenantOwned):
    """A developer's organisation. Under the master tenant it may stand for another tenant."""

    class State(models.TextChoices):
        CREATED = "created"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    org_name = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=State, default=State.APPROVED)
    provider = models.OneToOneField(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="master_account"
    )

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(fields=["tenant", "org_name"], name="accounts_by_name")]

    def __str__(self) -> str:
        return self.org_name


class User(AbstractBaseUser):
    """A person. Without an ``account``, a user of the tenant's own admin portal."""

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="users")
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="users"
    )
    username = models.CharField(max_length=255)
    email = models.EmailField(max_length=255)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "username"

    class Meta:
        app_label = "accounts"
        constraints = [
            # Developers share one namespace per tenant; admins of the portal have their own.
            models.UniqueConstraint(
                fields=["tenant", "username"],
                condition=models.Q(account__isnull=True),
                name="one_admin_per_username",
            ),
            models.UniqueConstraint(
                fields=["tenant", "username"],
                condition=models.Q(account__isnull=False),
                name="one_developer_per_username",
            ),
        ]

    def __str__(self) -> str:
        return self.username


class AccessToken(TenantOwned):
    """Acts as its user within ``scopes``. Only the digest is kept; the value is shown once."""

    class Permission(models.TextChoices):
        READ_ONLY = "ro"
        READ_WRITE = "rw"

    class Scope(models.TextChoices):
        ACCOUNT_MANAGEMENT = "account_management"
        CMS = "cms"
        FINANCE = "finance"
        POLICY_REGISTRY = "policy_registry"
        STATS = "stats"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=40, unique=True)
    permission = models.CharField(max_length=2, choices=Permission)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return self.name
