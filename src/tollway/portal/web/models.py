"""Tries at signing in, kept for as long as they count."""

from __future__ import annotations

from django.db import models

from tollway.portal.tenants.models import Tenant


class SignInTry(models.Model):
    """``who`` is a keyed hash: people type passwords into the wrong field."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    who = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        app_label = "web"
        indexes = [models.Index(fields=["tenant", "address", "at"], name="tries_by_address")]

    def __str__(self) -> str:
        return f"{self.address} at {self.at}"
