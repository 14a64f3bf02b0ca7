"""Bulk runs, how far each has come, and what could not be done in it."""

from __future__ import annotations

from django.db import models

from tollway.portal.accounts.models import User
from tollway.portal.tenants.models import TenantOwned


class Run(TenantOwned):
    """One thing that ``user`` wants done to many rows.

    ``cursor`` is the id of the last row that was dealt with; rows above ``upper_id`` came later,
    and are left alone. What is selected is kept sealed: a search may be for a key. ``undoes`` is
    the run whose changes this one puts back.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"
        STOPPED = "stopped"  # it could not go on; ``reason`` says why

    kind = models.CharField(max_length=64)  # a key of ``kinds.KINDS``
    parameters = models.JSONField(default=dict)
    selection_sealed = models.BinaryField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="runs")
    request_id = models.CharField(max_length=64, blank=True)
    upper_id = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=255, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    undoes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by"
    )

    class Meta:
        app_label = "bulk"
        indexes = [
            models.Index(
                fields=["updated_at"],
                name="bulk_runs_that_run",
                condition=models.Q(state="running"),
            ),
            models.Index(fields=["ended_at"], name="bulk_runs_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def settled(self) -> int:
        """How many rows were dealt with, for good or not."""
        return self.done + self.failed

    @property
    def left_out(self) -> int:
        """How many did not match any more when their turn came; known when all is done."""
        return max(0, self.total - self.settled) if self.state == self.State.DONE else 0


class Fault(TenantOwned):
    """A row to which it could not be done, by its id and the name it had, and why."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="faults")
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=255)
    reason = models.TextField()

    class Meta:
        app_label = "bulk"

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class Change(TenantOwned):
    """What a run has changed of a row, its state or its plan's id, as texts.

    ``event_id`` is of the newest event when it was done: those about the row after it are of
    somebody else.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes")
    object_id = models.BigIntegerField()
    before = models.CharField(max_length=32)
    after = models.CharField(max_length=32)
    event_id = models.BigIntegerField()

    class Meta:
        app_label = "bulk"
        constraints = [
            models.UniqueConstraint(fields=["run", "object_id"], name="one_bulk_change_per_row")
        ]

    def __str__(self) -> str:
        return f"{self.object_id}: {self.before} to {self.after}"
