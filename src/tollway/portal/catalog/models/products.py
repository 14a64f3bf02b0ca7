"""Products, and the tokens with which gateways ask about them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from tollway.portal.fields import Pattern, taken, texts_by_name, unseal
from tollway.portal.tenants.models import PlanChange, TenantOwned

SYSTEM_NAME = Pattern(r"[A-Za-z0-9_-]+")
# Who is told, and how, when an application has used so much of a limit, in percent.
ALERT_CHANNELS = ("web_provider", "email_provider", "web_buyer", "email_buyer")
ALERT_LEVELS = (50, 80, 90, 100, 120, 150, 200, 300)


def alert_levels_by_channel(value: object) -> None:
    """Check `{"web_provider": [80, 100], ..}`: any of the channels, each with a list of levels."""
    if not isinstance(value, dict) or set(value) - set(ALERT_CHANNELS):
        raise ValidationError(f"may have {', '.join(ALERT_CHANNELS)} only", code="rule")
    for levels in value.values():
        if not isinstance(levels, list) or not all(level in ALERT_LEVELS for level in levels):
            known = ", ".join(map(str, ALERT_LEVELS))
            raise ValidationError(f"may have the levels {known} only", code="rule")


class Product(TenantOwned):
    """What is sold. The Account Management API calls it a service."""

    class State(models.TextChoices):
        INCOMPLETE = "incomplete"
        HIDDEN = "hidden"
        PUBLISHED = "published"
        OFFLINE = "offline"
        DEPRECATED = "deprecated"
        DELETED = "deleted"

    class BackendVersion(models.TextChoices):
        USER_KEY = "1"
        APP_ID_AND_KEY = "2"
        OIDC = "oidc"

    class DeploymentOption(models.TextChoices):
        HOSTED = "hosted"
        SELF_MANAGED = "self_managed"
        SERVICE_MESH = "service_mesh_istio"
        PLUGIN_RUBY = "plugin_ruby"
        PLUGIN_JAVA = "plugin_java"
        PLUGIN_PYTHON = "plugin_python"
        PLUGIN_NODEJS = "plugin_nodejs"
        PLUGIN_PHP = "plugin_php"
        PLUGIN_REST = "plugin_rest"
        PLUGIN_CSHARP = "plugin_csharp"

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[SYSTEM_NAME])
    description = models.TextField(blank=True)
    support_email = models.EmailField(max_length=255, blank=True)  # "": the tenant's
    terms = models.TextField(blank=True)
    txt_support = models.TextField(blank=True)
    annotations = models.JSONField(default=dict, blank=True, validators=[texts_by_name])
    notification_settings = models.JSONField(
        default=dict, blank=True, validators=[alert_levels_by_channel]
    )
    state = models.CharField(max_length=16, choices=State, default=State.INCOMPLETE)
    backend_version = models.CharField(
        max_length=8, choices=BackendVersion, default=BackendVersion.USER_KEY
    )
    deployment_option = models.CharField(
        max_length=24, choices=DeploymentOption, default=DeploymentOption.HOSTED
    )
    intentions_required = models.BooleanField(default=False)
    buyers_manage_apps = models.BooleanField(default=True)
    buyers_manage_keys = models.BooleanField(default=True)
    custom_keys_enabled = models.BooleanField(default=True)
    mandatory_app_key = models.BooleanField(default=True)
    buyer_key_regenerate_enabled = models.BooleanField(default=True)
    buyer_can_select_plan = models.BooleanField(default=False)
    buyer_plan_change_permission = models.CharField(
        max_length=24, choices=PlanChange, default=PlanChange.REQUEST
    )
    referrer_filters_required = models.BooleanField(default=False)

    class Meta:
        app_label = "catalog"
        constraints = [taken("tenant", "system_name", name="one_product_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def wire_backend_version(self) -> str:
        """What data planes call the authentication mode: "1", "2", "oauth"."""
        oidc = self.backend_version == self.BackendVersion.OIDC
        return "oauth" if oidc else str(self.backend_version)

    @property
    def contact_email(self) -> str:
        """Where developers ask for help: the product's own address, or the tenant's."""
        return self.support_email or self.tenant.support_email

    @property
    def has_gateway(self) -> bool:
        """Whether a gateway like ours serves it: not a service mesh, and not a plugin in code."""
        hosted, self_managed = self.DeploymentOption.HOSTED, self.DeploymentOption.SELF_MANAGED
        return self.deployment_option in {hosted, self_managed}

    @property
    def in_service_mesh(self) -> bool:
        return self.deployment_option == self.DeploymentOption.SERVICE_MESH


class ServiceToken(TenantOwned):
    """With it, gateways and plugins authorise and report for one product.

    A token that was renewed may stay valid until ``expires_at``; the others have none.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="service_tokens")
    digest = models.CharField(max_length=40, unique=True)
    value_sealed = models.BinaryField()
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        return f"token of {self.product}"

    @property
    def value(self) -> str:
        return unseal(self.value_sealed, "service_token")
