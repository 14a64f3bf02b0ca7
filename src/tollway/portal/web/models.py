"""Tries at forms that are open to everybody, and forms that have been sent: while they count."""

from __future__ import annotations

from django.db import models

from tollway.portal.tenants.models import Tenant


class FormTry(models.Model):
    """``who`` is a keyed hash: people type passwords into the wrong field."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=16)
    who = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        app_label = "web"
        indexes = [models.Index(fields=["tenant", "form", "address", "at"], name="form_tries")]

    def __str__(self) -> str:
        return f"{self.address} at {self.at}"


class Submission(models.Model):
    """A form that has been sent, by the number it carried, and where its answer led."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    led_to = models.TextField(blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "web"
        constraints = [models.UniqueConstraint(fields=["tenant", "nonce"], name="submitted_once")]

    def __str__(self) -> str:
        return f"led to {self.led_to}"
