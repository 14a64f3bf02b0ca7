"""The tenant with its settings, and the base of every row that belongs to one."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models

from tollway.core.money import CURRENCIES
from tollway.portal.fields import INVALID, Pattern, taken, unseal

# A host label has 63 characters, and `-admin` must fit behind the subdomain.
SUBDOMAIN_LENGTH_MAX = 57
# A name has 253 characters, and the proof of a domain stands under `_tollway.` in front of it.
OWN_HOST_LENGTH_MAX = 253 - len("_tollway.")
RESERVED = frozenset({"master", "admin", "www", "gateway", "staging", "echo", "api", "mail"})


def usable_subdomain(value: str) -> None:
    """Refuse names of the platform's own hosts, and what would be another tenant's admin host."""
    if value in RESERVED or value.endswith("-admin"):
        raise ValidationError("is reserved", code="rule")


def not_ours(host: str) -> None:
    """Refuse the operator's domain, all below it, and what names a machine and no domain."""
    domain: str = settings.TOLLWAY.domain
    if any(f".{host}".endswith(f".{ours}") for ours in (domain, "localhost")):
        raise ValidationError("is reserved", code="rule")


def own_host(*, used: bool) -> models.CharField[str, str]:
    """Return a column for a whole host name in lower case, like api.example.com, or none.

    Tenants are looked for by what is ``used``.
    """
    label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    whole = Pattern(rf"({label}\.)+(?![0-9]+$){label}", "must be a name like portal.example.com")
    return models.CharField(
        max_length=OWN_HOST_LENGTH_MAX, blank=True, db_index=used, validators=[whole, not_ours]
    )


def known_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(INVALID, code="rule")


def known_currency(value: str) -> None:
    if value not in CURRENCIES:
        raise ValidationError("is not a currency's code of ISO 4217, like EUR", code="rule")


def address() -> models.EmailField[str, str]:
    """Return a column for an e-mail address of 6 to 255 characters, or none."""
    return models.EmailField(max_length=255, blank=True, validators=[MinLengthValidator(6)])


class Tenant(models.Model):
    """An API provider. ``subdomain`` gives both hosts: `{it}-admin.` and `{it}.` + the domain.

    Beside these it may have hosts of its own. What is wanted becomes what is used once its proof
    was seen in the DNS; until then nothing is answered under that name.
    """

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
    deletion_at = models.DateTimeField(null=True, blank=True)  # while scheduled for deletion
    provider_key_digest = models.CharField(max_length=40, unique=True)
    provider_key_sealed = models.BinaryField()
    # The provider key before this one, while it is still taken.
    old_provider_key_digest = models.CharField(max_length=40, blank=True, db_index=True)
    old_provider_key_until = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[known_time_zone])
    currency = models.CharField(max_length=3, default="EUR", validators=[known_currency])
    # Visitors of the developer portal are asked for this code; "" opens it to everybody.
    site_access_code = models.CharField(max_length=255, blank=True)
    from_email = address()
    support_email = address()
    finance_support_email = address()
    developer_domain, admin_domain = own_host(used=True), own_host(used=True)
    wanted_developer_domain, wanted_admin_domain = own_host(used=False), own_host(used=False)
    # What the operator allows; None: any number.
    domains_allowed = models.BooleanField(default=True)
    max_services = models.PositiveIntegerField(null=True, blank=True)
    max_users = models.PositiveIntegerField(null=True, blank=True)  # of the admin portal
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenants"
        constraints = [
            models.UniqueConstraint(
                fields=["is_master"], condition=models.Q(is_master=True), name="one_master"
            ),
            *(
                taken(column, name=f"one_{column}", condition=~models.Q(**{column: ""}))
                for column in ("developer_domain", "admin_domain")
            ),
        ]

    def __str__(self) -> str:
        return self.org_name

    @property
    def provider_key(self) -> str:
        return unseal(self.provider_key_sealed, "provider_key")

    @property
    def is_closed(self) -> bool:
        """Whether nobody signs in, its API answers nobody, and its portal is shut."""
        return self.state in {self.State.SUSPENDED, self.State.SCHEDULED_FOR_DELETION}


class PlanChange(models.TextChoices):
    """What a developer who wants another plan may do."""

    REQUEST = "request"
    DIRECT = "direct"
    CREDIT_CARD = "credit_card"
    REQUEST_CREDIT_CARD = "request_credit_card"
    NONE = "none"


class TenantSettings(models.Model):
    """What a tenant lets its developers see and do."""

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.CASCADE, related_name="settings"
    )
    useraccountarea_enabled = models.BooleanField(default=True)
    hide_service = models.BooleanField(default=False)
    signups_enabled = models.BooleanField(default=True)
    public_search = models.BooleanField(default=False)
    account_plans_ui_visible = models.BooleanField(default=False)
    change_account_plan_permission = models.CharField(
        max_length=24, choices=PlanChange, default=PlanChange.REQUEST
    )
    service_plans_ui_visible = models.BooleanField(default=False)
    change_service_plan_permission = models.CharField(
        max_length=24, choices=PlanChange, default=PlanChange.REQUEST
    )
    enforce_sso = models.BooleanField(default=False)
    strong_passwords_enabled = models.BooleanField(default=False)
    multiple_applications = models.BooleanField(default=True)  # of one account
    multiple_users = models.BooleanField(default=True)  # of one account, by invitation
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenants"

    def __str__(self) -> str:
        return f"settings of {self.tenant}"


class TenantOwned(models.Model):
    """A row of a tenant's. It is only ever reached through queries that name the tenant."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="%(class)ss")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
