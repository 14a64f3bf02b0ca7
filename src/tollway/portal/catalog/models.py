"""Products and what belongs to them; backends, the provider's own APIs behind them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tollway.portal.tenants.models import TenantOwned


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

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    support_email = models.EmailField(max_length=255, blank=True)
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
    buyer_plan_change_permission = models.CharField(max_length=16, default="request")
    referrer_filters_required = models.BooleanField(default=False)

    class Meta:
        app_label = "catalog"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system_name"], name="one_product_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Backend(TenantOwned):
    """An API of the provider's, reached at ``private_endpoint``; products use it under a path."""

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    private_endpoint = models.CharField(max_length=255)

    class Meta:
        app_label = "catalog"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "system_name"], name="one_backend_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class BackendUsage(TenantOwned):
    """A product answers calls below ``path`` with this backend."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="backend_usages")
    backend = models.ForeignKey(Backend, on_delete=models.PROTECT, related_name="usages")
    path = models.CharField(max_length=255, default="/")

    class Meta:
        app_label = "catalog"
        constraints = [
            models.UniqueConstraint(fields=["product", "path"], name="one_usage_per_path"),
            models.UniqueConstraint(fields=["product", "backend"], name="one_usage_per_backend"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.path}"


class Metric(TenantOwned):
    """Something countable of a product or of a backend. With a ``parent`` it is a method."""

    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="metrics"
    )
    backend = models.ForeignKey(
        Backend, null=True, blank=True, on_delete=models.CASCADE, related_name="metrics"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="methods"
    )
    system_name = models.CharField(max_length=255)
    friendly_name = models.CharField(max_length=255)
    unit = models.CharField(max_length=255, blank=True)  # methods have none
    description = models.TextField(blank=True)

    class Meta:
        app_label = "catalog"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(product__isnull=True) ^ models.Q(backend__isnull=True),
                name="metric_has_one_owner",
            ),
            models.UniqueConstraint(fields=["product", "system_name"], name="one_metric_per_name"),
            models.UniqueConstraint(
                fields=["backend", "system_name"], name="one_backend_metric_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.system_name


class MappingRule(TenantOwned):
    """Calls of this method under this pattern add ``delta`` to a metric (specs: gateway, a)."""

    class HttpMethod(models.TextChoices):
        GET = "GET"
        POST = "POST"
        DELETE = "DELETE"
        PUT = "PUT"
        PATCH = "PATCH"
        HEAD = "HEAD"
        OPTIONS = "OPTIONS"

    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping_rules"
    )
    backend = models.ForeignKey(
        Backend, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping_rules"
    )
    http_method = models.CharField(max_length=8, choices=HttpMethod)
    pattern = models.CharField(max_length=255)
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="mapping_rules")
    delta = models.PositiveIntegerField(default=1)
    position = models.PositiveIntegerField(default=0)
    last = models.BooleanField(default=False)

    class Meta:
        app_label = "catalog"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(product__isnull=True) ^ models.Q(backend__isnull=True),
                name="rule_has_one_owner",
            ),
            models.CheckConstraint(condition=models.Q(delta__gt=0), name="delta_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.http_method} {self.pattern}"


_US_ASCII = "text/plain; charset=us-ascii"


class Proxy(TenantOwned):
    """How gateways serve a product. In force on staging after deploy, on production after promote."""

    class CredentialsLocation(models.TextChoices):
        QUERY = "query"
        HEADERS = "headers"
        AUTHORIZATION = "authorization"

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="proxy")
    endpoint = models.CharField(max_length=255, blank=True)  # production; "" for the template's
    sandbox_endpoint = models.CharField(max_length=255, blank=True)  # staging; likewise
    credentials_location = models.CharField(
        max_length=16, choices=CredentialsLocation, default=CredentialsLocation.QUERY
    )
    auth_user_key = models.CharField(max_length=255, default="user_key")
    auth_app_id = models.CharField(max_length=255, default="app_id")
    auth_app_key = models.CharField(max_length=255, default="app_key")
    error_auth_missing = models.CharField(
        max_length=255, default="Authentication parameters missing"
    )
    error_status_auth_missing = models.PositiveIntegerField(default=403)
    error_headers_auth_missing = models.CharField(max_length=255, default=_US_ASCII)
    error_auth_failed = models.CharField(max_length=255, default="Authentication failed")
    error_status_auth_failed = models.PositiveIntegerField(default=403)
    error_headers_auth_failed = models.CharField(max_length=255, default=_US_ASCII)
    error_no_match = models.CharField(max_length=255, default="No Mapping Rule matched")
    error_status_no_match = models.PositiveIntegerField(default=404)
    error_headers_no_match = models.CharField(max_length=255, default=_US_ASCII)
    error_limits_exceeded = models.CharField(max_length=255, default="Usage limit exceeded")
    error_status_limits_exceeded = models.PositiveIntegerField(default=429)
    error_headers_limits_exceeded = models.CharField(max_length=255, default=_US_ASCII)
    secret_token = models.CharField(max_length=255)
    hostname_rewrite = models.CharField(max_length=255, blank=True)
    api_test_path = models.CharField(max_length=255, default="/")
    api_test_success = models.BooleanField(null=True, blank=True)
    deployed_at = models.DateTimeField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        return f"proxy of {self.product}"


class ProxyConfig(TenantOwned):
    """One version of a product's gateway configuration. Never changed once written."""

    class Environment(models.TextChoices):
        SANDBOX = "sandbox"  # staging
        PRODUCTION = "production"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="proxy_configs")
    environment = models.CharField(max_length=16, choices=Environment)
    version = models.PositiveIntegerField()
    content = models.BinaryField()  # the SERVICE document as JSON, sealed: it holds tokens
    hosts = models.JSONField(default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        app_label = "catalog"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "environment", "version"], name="one_config_per_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.environment} v{self.version}"


class ServiceToken(TenantOwned):
    """With it, gateways and plugins authorise and report for one product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="service_tokens")
    digest = models.CharField(max_length=40, unique=True)
    sealed = models.BinaryField()

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        return f"token of {self.product}"
