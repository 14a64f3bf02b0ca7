"""A document that describes an API, as its provider gave it."""

from __future__ import annotations

from django.db import models

from tollway.portal.catalog.models import Product
from tollway.portal.catalog.models.products import SYSTEM_NAME
from tollway.portal.fields import taken
from tollway.portal.tenants.models import TenantOwned


class ApiDocument(TenantOwned):
    """``body`` is what was given, byte for byte; ``document`` is the same as JSON.

    ``version`` is what the document says it is written in: "2.0", "3.0.3"; "" if it does not. A
    document without a product belongs to all of the tenant's.
    """

    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="api_documents"
    )
    name = models.CharField(max_length=255)
    system_name = models.CharField(max_length=255, validators=[SYSTEM_NAME])
    description = models.TextField(blank=True)
    published = models.BooleanField(default=False)
    skip_swagger_validations = models.BooleanField(default=False)
    body = models.TextField()
    document = models.TextField()
    version = models.CharField(max_length=16, blank=True)

    class Meta:
        app_label = "apidocs"
        constraints = [taken("tenant", "system_name", name="one_document_per_name")]

    def __str__(self) -> str:
        return self.name
