"""Where a tenant is in the wizard that integrates its API."""

from __future__ import annotations

from django.db import models

from tollway.portal.catalog.models import Backend, Product
from tollway.portal.tenants.models import Tenant


class Wizard(models.Model):
    """One per tenant. ``backend`` and ``product`` are those that its steps have chosen so far."""

    class State(models.TextChoices):
        INITIAL = "initial"
        STARTED = "started"
        COMPLETED = "completed"
        SKIPPED = "skipped"

    tenant = models.OneToOneField(
        Tenant, primary_key=True, on_delete=models.CASCADE, related_name="wizard"
    )
    state = models.CharField(max_length=16, choices=State, default=State.INITIAL)
    backend = models.ForeignKey(Backend, null=True, on_delete=models.SET_NULL, related_name="+")
    product = models.ForeignKey(Product, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "onboarding"

    def __str__(self) -> str:
        return f"{self.tenant}: {self.state}"
