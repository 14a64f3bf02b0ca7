"""Backends, the provider's own APIs, and the paths below which products use them."""

from __future__ import annotations

from django.db import models

from tollway.portal.catalog.models.products import SYSTEM_NAME, Product
from tollway.portal.fields import Pattern, taken, texts_by_name
from tollway.portal.tenants.models import TenantOwned


class Backend(TenantOwned):
    """An API of the provider's, reached at ``private_endpoint``; products use it under a path."""

    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[SYSTEM_NAME])
    description = models.TextField(blank=True)
    private_endpoint = models.CharField(max_length=255)
    annotations = models.JSONField(default=dict, blank=True, validators=[texts_by_name])

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
