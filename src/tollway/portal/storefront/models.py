"""An organisation's brand on its developer portal, and its legal terms with who accepted them."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models

from tollway.portal.accounts.models import User
from tollway.portal.fields import Pattern
from tollway.portal.storefront.colours import problem_of
from tollway.portal.tenants.models import Tenant, TenantOwned

TEXT_LENGTH_MAX = 100_000
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def readable(colour: str) -> None:
    """Refuse a colour with which something of the portal could not be read."""
    if _COLOUR.fullmatch(colour) and (problem := problem_of(colour)):
        raise ValidationError(problem, code="rule")


class Brand(models.Model):
    """``colour`` is `#rrggbb`, "" for Tollway's own. The logo is kept here: backups have it.

    ``logo_type`` is its media type, "" while there is none; ``logo_digest`` names its content.
    """

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.CASCADE, related_name="brand"
    )
    colour = models.CharField(
        max_length=7,
        blank=True,
        validators=[Pattern(_COLOUR.pattern, "must be # and six digits from 0 to f"), readable],
    )
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=32, blank=True)
    logo_digest = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "storefront"

    def __str__(self) -> str:
        return f"brand of {self.tenant}"


class Terms(TenantOwned):
    """One version of what developers have to accept; the newest of its kind is in force.

    Old ones stay: somebody has accepted them. A text of "" asks for nothing.
    """

    class Kind(models.TextChoices):
        """3scale's names."""

        SIGN_UP = "signup_licence", "Sign-up"
        SUBSCRIPTION = "service_subscription_licence", "Subscription to a product"
        APPLICATION = "new_application_licence", "New application"

    kind = models.CharField(max_length=32, choices=Kind)
    text = models.TextField(blank=True, validators=[MaxLengthValidator(TEXT_LENGTH_MAX)])

    class Meta:
        app_label = "storefront"
        indexes = [models.Index(fields=["tenant", "kind", "id"], name="terms_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tenant}"


class Acceptance(TenantOwned):
    """A developer has accepted a version of the terms."""

    terms = models.ForeignKey(Terms, on_delete=models.CASCADE, related_name="acceptances")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "storefront"

    def __str__(self) -> str:
        return f"{self.user} accepted {self.terms}"
