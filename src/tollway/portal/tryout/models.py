"""Test calls that were made, the newest of each product with what came back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tollway.portal.catalog.models import Product
from tollway.portal.fields import unseal
from tollway.portal.tenants.models import TenantOwned


class Tryout(TenantOwned):
    """A call through staging. ``passed`` is None while it is under way.

    ``version`` is the one that was in force in staging then, 0 for none. What an API answers is the
    tenant's business, so it is kept sealed.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tryouts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField()
    passed = models.BooleanField(null=True)
    report_sealed = models.BinaryField(default=b"")

    class Meta:
        app_label = "tryout"
        indexes = [models.Index(fields=["tenant", "created_at"], name="tryouts_by_time")]

    def __str__(self) -> str:
        return f"{self.product} v{self.version}"

    @property
    def report(self) -> str:
        """The report as JSON text (``tryout.reports``)."""
        return unseal(bytes(self.report_sealed), "tryout")
