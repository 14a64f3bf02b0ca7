"""How gateways serve a product, and the versions of that which were deployed."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from tollway.portal.catalog.models.products import Product
from tollway.portal.fields import Pattern, taken, unseal
from tollway.portal.tenants.models import TenantOwned

_CREDENTIAL_NAME = Pattern(r"[A-Za-z0-9_-]+")
_ANSWER_TEXT = Pattern(r'[A-Za-z0-9{}\[\],.;@#~%&()?_"= /\\:+-]+')
_STATUSES = [MinValueValidator(200), MaxValueValidator(599)]

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

    class IssuerType(models.TextChoices):
        KEYCLOAK = "keycloak"
        REST = "rest"

    class ClaimType(models.TextChoices):
        PLAIN = "plain"
        LIQUID = "liquid"

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
    oidc_issuer_endpoint_sealed = models.BinaryField(default=b"")  # it has a client's secret in it
    oidc_issuer_type = models.CharField(
        max_length=16, choices=IssuerType, default=IssuerType.KEYCLOAK
    )
    jwt_claim_with_client_id = models.CharField(max_length=255, blank=True)  # "": azp
    jwt_claim_with_client_id_type = models.CharField(max_length=16, choices=ClaimType, blank=True)
    standard_flow_enabled = models.BooleanField(default=True)
    implicit_flow_enabled = models.BooleanField(default=False)
    service_accounts_enabled = models.BooleanField(default=False)
    direct_access_grants_enabled = models.BooleanField(default=False)
    secret_token_sealed = models.BinaryField()
    hostname_rewrite = models.CharField(
        max_length=255, blank=True, validators=[Pattern(r"[A-Za-z0-9.-]+(:\d{1,5})?")]
    )
    api_test_path = models.CharField(  # "": there is no test call
        max_length=255, default="/", blank=True, validators=[Pattern(r"/[\x21-\x7e]*")]
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

    @property
    def oidc_issuer_endpoint(self) -> str:
        """`https://CLIENT:SECRET@idp/realms/x`; "" if there is none."""
        sealed = bytes(self.oidc_issuer_endpoint_sealed)
        return unseal(sealed, "oidc_issuer_endpoint") if sealed else ""


class ProxyConfig(TenantOwned):
    """One version of a product's gateway configuration. Never changed once written.

    The newest row of an environment is in force there, whatever its number: to promote an older
    version is to roll back. A version that comes back is a row once more, so that the rows are the
    environment's history.
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
        indexes = [
            models.Index(fields=["product", "environment", "version"], name="configs_by_version")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.environment} v{self.version}"

    @property
    def content(self) -> str:
        """The SERVICE document, as JSON text."""
        return unseal(self.content_sealed, "proxy_config")
