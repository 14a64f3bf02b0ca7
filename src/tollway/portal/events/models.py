"""The log of business changes, and how far each of its readers has come."""

from __future__ import annotations

from django.db import models

from tollway.portal.tenants.models import Tenant


class Event(models.Model):
    """One change. Names its object by kind and id, so the log stays below all that append to it.

    ``before`` and ``after`` hold the changed fields only, and never a secret.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    on_behalf_of = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        app_label = "events"
        indexes = [
            models.Index(fields=["tenant", "id"], name="events_by_tenant"),
            models.Index(fields=["tenant", "object_kind", "object_id"], name="events_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_kind} {self.object_id}"


class Cursor(models.Model):
    """The id of the last event that a reader has dealt with."""

    reader = models.CharField(max_length=32, unique=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        app_label = "events"

    def __str__(self) -> str:
        return f"{self.reader} at {self.position}"
