"""Developer accounts, users of both portals, the tokens that act for them, and their fields."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
)
from django.db import models
from django.db.models.functions import Lower

from tollway.portal.fields import TAKEN, Pattern, taken, texts_by_name
from tollway.portal.tenants.models import Tenant, TenantOwned, address

VAT_RATE_MAX = 100
NOTE_LENGTH_MAX = 5000


class Account(TenantOwned):
    """A developer's organisation. Under the master tenant it may stand for another tenant.

    ``extra_fields`` holds the values of the fields that the tenant has defined itself.
    """

    State = Tenant.State  # it may stand for one

    org_name = models.CharField(max_length=255)
    state = models.CharField(max_length=24, choices=State, default=State.APPROVED)
    org_legaladdress = models.CharField(max_length=255, blank=True)
    org_legaladdress_cont = models.CharField(max_length=255, blank=True)
    telephone_number = models.CharField(max_length=255, blank=True)
    vat_code = models.CharField(max_length=255, blank=True)
    vat_rate = models.DecimalField(
        max_digits=20,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(VAT_RATE_MAX)],
    )
    fiscal_code = models.CharField(max_length=255, blank=True)
    state_region = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    country = models.CharField(max_length=255, blank=True)
    zip = models.CharField(max_length=255, blank=True)
    primary_business = models.CharField(max_length=255, blank=True)
    business_category = models.CharField(max_length=255, blank=True)
    po_number = models.CharField(max_length=255, blank=True)
    extra_fields = models.JSONField(default=dict, blank=True)
    annotations = models.JSONField(default=dict, blank=True, validators=[texts_by_name])
    monthly_billing_enabled = models.BooleanField(default=True)
    monthly_charging_enabled = models.BooleanField(default=True)
    provider = models.OneToOneField(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="master_account"
    )

    class Meta:
        app_label = "accounts"
        # PERF: bench/many.py. Lists are sorted and counted by these; a page is read off an index.
        indexes = [
            models.Index(fields=["tenant", "org_name"], name="accounts_by_name"),
            models.Index("tenant", Lower("org_name"), "id", name="accounts_by_name_in_lists"),
            models.Index(fields=["tenant", "created_at", "id"], name="accounts_by_age"),
            models.Index(fields=["tenant", "state"], name="accounts_by_state"),
        ]

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


def known_sections(sections: object) -> None:
    """Refuse anything but a list of sections."""
    known = set(User.Section.values)
    if not isinstance(sections, list) or not all(section in known for section in sections):
        raise ValidationError("are invalid", code="rule")


class User(AbstractBaseUser):
    """A person. Without an ``account``, a user of the tenant's own admin portal.

    ``allowed_sections`` and ``allowed_service_ids`` (None: all products) narrow what a member may;
    ``notifications`` holds the switches that were moved, by name.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"

    class Section(models.TextChoices):
        """What a member of the admin portal may be let into (feature map, US7)."""

        PORTAL = "portal"
        FINANCE = "finance"
        SETTINGS = "settings"
        PARTNERS = "partners"
        MONITORING = "monitoring"
        PLANS = "plans"
        POLICY_REGISTRY = "policy_registry"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="users")
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="users"
    )
    username = models.CharField(
        max_length=40, validators=[MinLengthValidator(3), Pattern(r"[A-Za-z0-9@._-]*")]
    )
    email = address()  # the API signs up without one
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    job_role = models.CharField(max_length=255, blank=True)
    extra_fields = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    allowed_sections = models.JSONField(default=list, blank=True, validators=[known_sections])
    allowed_service_ids = models.JSONField(default=None, null=True, blank=True)
    notifications = models.JSONField(default=dict, blank=True)
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

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def sections(self) -> list[str]:
        """Return where the user may go: an admin everywhere."""
        return self.Section.values if self.is_admin else self.allowed_sections

    def permitted(self, section: str) -> bool:
        return self.is_admin or section in self.allowed_sections

    def allowed_products(self) -> frozenset[int] | None:
        """Return the ids of the products that the user may see, None for all of them."""
        if self.is_admin or self.allowed_service_ids is None:
            return None
        return frozenset(self.allowed_service_ids)


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


class SingleUseToken(TenantOwned):
    """Lets whoever has a link do one thing as its user, once.

    Only the digest is kept. A user has at most one token for a purpose: a new one ends the old one.
    ``bound_to`` is a digest of what must not have changed since (``single_use.py``): a token for
    another address, or for a password that was replaced, opens nothing.
    """

    class Purpose(models.TextChoices):
        ACTIVATION = "activation"
        PASSWORD_RESET = "password_reset"  # noqa: S105  (a name)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="single_use_tokens")
    purpose = models.CharField(max_length=16, choices=Purpose)
    digest = models.CharField(max_length=40, unique=True)
    bound_to = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        constraints = [taken("user", "purpose", name="one_token_per_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.user}"


class Inviting(TenantOwned):
    """Lets whoever has the link become a user, once.

    Only the digest of the link's token is kept; a new letter comes with a new token.
    """

    email = models.EmailField(max_length=255, validators=[MinLengthValidator(6)])
    digest = models.CharField(max_length=40, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"invitation of {self.email}"


class Invitation(Inviting):
    """Into a developer account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations"
    )

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                "account",
                Lower("email"),
                name="one_open_invitation_per_address",
                condition=models.Q(accepted_at__isnull=True),
                violation_error_code="email",
                violation_error_message=TAKEN,
            ),
        ]


class TeamInvitation(Inviting):
    """Into the tenant's own portal, with the rights that its user will have."""

    role = models.CharField(max_length=16, choices=User.Role, default=User.Role.MEMBER)
    allowed_sections = models.JSONField(default=list, blank=True, validators=[known_sections])
    allowed_service_ids = models.JSONField(default=None, null=True, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="team_invitations"
    )

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                name="one_open_team_invitation_per_address",
                condition=models.Q(accepted_at__isnull=True),
                violation_error_code="email",
                violation_error_message=TAKEN,
            ),
        ]


class SupportVisit(TenantOwned):
    """An admin who acts as a developer for a while.

    ``digest`` finds the token that takes the admin to the developers' side; it is emptied when the
    visit begins. A visit ends when its admin says so, and by itself at ``ends_at``.
    """

    admin = models.ForeignKey(User, on_delete=models.CASCADE, related_name="support_visits")
    developer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="visits_of_support")
    digest = models.CharField(max_length=40, blank=True, db_index=True)
    takes_until = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return f"{self.admin} as {self.developer}"


class Note(TenantOwned):
    """What the provider's people write down about an account. Its developers never see it.

    One that is deleted stays for a while (``services.notes.KEPT``), so that this can be undone.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="notes")
    text = models.TextField(validators=[MaxLengthValidator(NOTE_LENGTH_MAX)])
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return f"note {self.pk} on {self.account}"


def list_of_choices(choices: object) -> None:
    """Refuse anything but a list of different texts, none of them blank."""
    texts = choices if isinstance(choices, list) else [None]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValidationError("are invalid", code="rule")
    if len(set(texts)) != len(texts):
        raise ValidationError("must differ from one another", code="rule")


class FieldsDefinition(TenantOwned):
    """A field of accounts, users or applications that the tenant uses.

    Its ``name`` is that of a column (``fields_definitions.BUILT_IN``), or the tenant's own
    invention: then values stand in the row's ``extra_fields``.
    """

    class Target(models.TextChoices):
        ACCOUNT = "Account"
        USER = "User"
        APPLICATION = "Cinstance"

    target = models.CharField(max_length=16, choices=Target)
    name = models.CharField(
        max_length=255,
        validators=[
            Pattern(
                r"[A-Za-z][A-Za-z0-9_:-]*",
                "must start with a letter and have letters, digits, _, - and : only",
            )
        ],
    )
    label = models.CharField(max_length=255)
    required = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    read_only = models.BooleanField(default=False)
    choices = models.JSONField(default=list, blank=True, validators=[list_of_choices])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "accounts"
        constraints = [
            taken("tenant", "target", "name", name="one_definition_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.target}.{self.name}"
