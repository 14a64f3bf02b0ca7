"""What is counted, of products and of backends, and which calls count it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from tollway.core.rules import PatternError, parse_pattern
from tollway.portal.catalog.models.backends import Backend
from tollway.portal.catalog.models.products import Product
from tollway.portal.fields import Pattern, taken
from tollway.portal.tenants.models import TenantOwned

HITS = "hits"
_METRIC_NAME = Pattern(r"[A-Za-z0-9_\-./]+")


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
    def full_name(self) -> str:
        """The name beside those of the product and of other backends, which may be the same."""
        if self.backend is None:
            return self.friendly_name
        return f"{self.friendly_name} ({self.backend.name})"

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
