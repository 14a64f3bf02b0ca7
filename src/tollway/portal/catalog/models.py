"""Products and what belongs to them; backends, the provider's own APIs behind them."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tollway.core.rules import PatternError, parse_pattern
from tollway.portal.fields import Pattern, taken, unseal
from tollway.portal.tenants.models import TenantOwned

HITS = "hits"
_SYSTEM_NAME = Pattern(r"[A-Za-z0-9_-]+")
_METRIC_NAME = Pattern(r"[A-Za-z0-9_\-./]+")
_CREDENTIAL_NAME = Pattern(r"[A-Za-z0-9_-]+")
_ANSWER_TEXT = Pattern(r'[A-Za-z0-9{}\[\],.;@#~%&()?_"= /\\:+-]+')
_STATUSES = [MinValueValidator(200), MaxValueValidator(599)]


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

    class PlanChangePermission(models.TextChoices):
        REQUEST = "request"
        DIRECT = "direct"
        CREDIT_CARD = "credit_card"
        REQUEST_CREDIT_CARD = "request_credit_card"
        NONE = "none"

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[_SYSTEM_NAME])
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
    buyer_plan_change_permission = models.CharField(
        max_length=24, choices=PlanChangePermission, default=PlanChangePermission.REQUEST
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


class Backend(TenantOwned):
    """An API of the provider's, reached at ``private_endpoint``; products use it under a path."""

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[_SYSTEM_NAME])
    description = models.TextField(blank=True)
    private_endpoint = models.CharField(max_length=255)

    class Meta:
        app_label = "catalog"
        constraints = [taken("tenant", "system_name", name="one_backend_per_name")]

    def __str__(self) -> str:
        return self.name


class BackendUsage(TenantOwned):
    """A product answers calls below ``path`` with this backend."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="backend_usages")
    backend = models.ForeignKey(Backend, on_delete=models.RESTRICT, related_name="usages")
    path = models.CharField(
        max_length=255,
        default="/",
        validators=[Pattern(r"/|(/([A-Za-z0-9\-._~!&()*+,;=:@]|%[0-9A-Fa-f]{2})+)+")],
    )

    class Meta:
        app_label = "catalog"
        constraints = [
            taken("product", "path", name="one_usage_per_path"),
            taken("product", "backend", name="one_usage_per_backend"),
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
    system_name = models.CharField(max_length=255, validators=[_METRIC_NAME])
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
            models.CheckConstraint(
                condition=models.Q(parent__isnull=False) | ~models.Q(unit=""),
                name="metric_has_a_unit",
                violation_error_code="unit",
                violation_error_message="can't be blank",
            ),
            taken("product", "system_name", name="one_metric_per_name"),
            taken("backend", "system_name", name="one_backend_metric_per_name"),
            taken("product", "friendly_name", name="one_metric_per_friendly_name"),
            taken("backend", "friendly_name", name="one_backend_metric_per_friendly_name"),
        ]

    def __str__(self) -> str:
        return self.system_name

    @property
    def is_hits(self) -> bool:
        """The metric that is always there, above all methods."""
        return self.parent_id is None and self.system_name == HITS

    @property
    def wire_name(self) -> str:
        """What data planes and 3scale's API call it: a backend's metrics carry its id, `hits.7`."""
        suffix = "" if self.backend_id is None else f".{self.backend_id}"
        return f"{self.system_name}{suffix}"


def pattern_of_a_rule(text: str) -> None:
    try:
        parse_pattern(text)
    except PatternError as error:
        raise ValidationError(str(error), code="rule") from error


def greater_than_zero(value: int) -> None:
    if value <= 0:
        raise ValidationError("must be greater than 0", code="rule")


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
    pattern = models.CharField(max_length=255, validators=[pattern_of_a_rule])
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="mapping_rules")
    delta = models.IntegerField(default=1, validators=[greater_than_zero])
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


def _answer_text(default: str) -> models.CharField[str, str]:
    return models.CharField(max_length=255, default=default, validators=[_ANSWER_TEXT])


def _answer_status(default: int) -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=default, validators=_STATUSES)


def _credential_name(default: str) -> models.CharField[str, str]:
    return models.CharField(max_length=255, default=default, validators=[_CREDENTIAL_NAME])


class Proxy(TenantOwned):
    """How gateways serve a product. In force on staging after deploy, on production after promote.

    Its public addresses follow from ``host_label`` (``catalog.endpoints``) unless the product is
    self-managed and has its own; their hosts are kept apart because a gateway finds products by
    host, so that no two may share one.
    """

    class CredentialsLocation(models.TextChoices):
        QUERY = "query"
        HEADERS = "headers"
        AUTHORIZATION = "authorization"

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="proxy")
    host_label = models.CharField(max_length=63)
    own_endpoint = models.CharField(max_length=255, blank=True)
    own_host = models.CharField(max_length=255, null=True, blank=True, unique=True)
    own_sandbox_endpoint = models.CharField(max_length=255, blank=True)
    own_sandbox_host = models.CharField(max_length=255, null=True, blank=True, unique=True)
    credentials_location = models.CharField(
        max_length=16, choices=CredentialsLocation, default=CredentialsLocation.QUERY
    )
    auth_user_key = _credential_name("user_key")
    auth_app_id = _credential_name("app_id")
    auth_app_key = _credential_name("app_key")
    error_auth_missing = _answer_text("Authentication parameters missing")
    error_status_auth_missing = _answer_status(403)
    error_headers_auth_missing = _answer_text(_US_ASCII)
    error_auth_failed = _answer_text("Authentication failed")
    error_status_auth_failed = _answer_status(403)
    error_headers_auth_failed = _answer_text(_US_ASCII)
    error_no_match = _answer_text("No Mapping Rule matched")
    error_status_no_match = _answer_status(404)
    error_headers_no_match = _answer_text(_US_ASCII)
    error_limits_exceeded = _answer_text("Usage limit exceeded")
    error_status_limits_exceeded = _answer_status(429)
    error_headers_limits_exceeded = _answer_text(_US_ASCII)
    secret_token_sealed = models.BinaryField()
    hostname_rewrite = models.CharField(
        max_length=255, blank=True, validators=[Pattern(r"[A-Za-z0-9.-]+(:\d{1,5})?")]
    )
    api_test_path = models.CharField(
        max_length=255, default="/", validators=[Pattern(r"/[\x21-\x7e]*")]
    )
    api_test_success = models.BooleanField(null=True, blank=True)
    deployed_at = models.DateTimeField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "catalog"
        constraints = [taken("tenant", "host_label", name="one_proxy_per_host_label")]

    def __str__(self) -> str:
        return f"proxy of {self.product}"

    @property
    def secret_token(self) -> str:
        return unseal(self.secret_token_sealed, "secret_token")


class ProxyConfig(TenantOwned):
    """One version of a product's gateway configuration. Never changed once written.

    The newest row of an environment is in force there, whatever its number: to promote an older
    version is to roll back.
    """

    class Environment(models.TextChoices):
        SANDBOX = "sandbox"  # staging
        PRODUCTION = "production"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="proxy_configs")
    environment = models.CharField(max_length=16, choices=Environment)
    version = models.PositiveIntegerField()
    content_sealed = models.BinaryField()  # the SERVICE document as JSON: it holds tokens
    hosts = models.JSONField(default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        app_label = "catalog"
        constraints = [
            taken("product", "environment", "version", name="one_config_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.environment} v{self.version}"

    @property
    def content(self) -> str:
        """The SERVICE document, as JSON text."""
        return unseal(self.content_sealed, "proxy_config")


class ServiceToken(TenantOwned):
    """With it, gateways and plugins authorise and report for one product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="service_tokens")
    digest = models.CharField(max_length=40, unique=True)
    value_sealed = models.BinaryField()

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        return f"token of {self.product}"

    @property
    def value(self) -> str:
        return unseal(self.value_sealed, "service_token")
