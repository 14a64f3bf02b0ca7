"""Developer accounts, users of both portals, and the tokens that act for them."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower

from tollway.portal.fields import TAKEN, Pattern, taken
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
    monthly_billing_enabled = models.BooleanField(default=True)
    monthly_charging_enabled = models.BooleanField(default=True)
    provider = models.OneToOneField(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="master_account"
    )

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(fields=["tenant", "org_name"], name="accounts_by_name")]

    def __str__(self) -> str:
        return self.org_name


_OF_ADMINS = models.Q(account__isnull=True)
_OF_DEVELOPERS = models.Q(account__isnull=False)


def _email_taken(name: str, condition: models.Q) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        "tenant",
        Lower("email"),
        name=name,
        condition=condition & ~models.Q(email=""),
        violation_error_code="email",
        violation_error_message=TAKEN,
    )


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
    username = models.CharField(
        max_length=40, validators=[MinLengthValidator(3), Pattern(r"[A-Za-z0-9@._-]*")]
    )
    email = models.EmailField(max_length=255, blank=True)  # the API signs up without one
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "username"

    class Meta:
        app_label = "accounts"
        # Developers share one namespace per tenant; admins of the portal have their own.
        constraints = [
            taken("tenant", "username", name="one_admin_per_username", condition=_OF_ADMINS),
            taken(
                "tenant", "username", name="one_developer_per_username", condition=_OF_DEVELOPERS
            ),
            _email_taken("one_admin_per_email", _OF_ADMINS),
            _email_taken("one_developer_per_email", _OF_DEVELOPERS),
        ]

    def __str__(self) -> str:
        return self.username


def known_scopes(scopes: object) -> None:
    """Refuse anything but a list of at least one known scope."""
    known = set(AccessToken.Scope.values)
    if not isinstance(scopes, list) or not scopes or not all(s in known for s in scopes):
        raise ValidationError("are invalid", code="rule")


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
    scopes = models.JSONField(default=list, validators=[known_scopes])
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return self.name
