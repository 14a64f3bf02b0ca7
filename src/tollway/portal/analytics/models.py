"""Usage as it is kept: rows per quarter of an hour, which are the bill, and what was made of them.

Rows name applications, accounts, products and metrics by plain ids, so that they outlive them. Only
the end of the tenant ends its rows.
"""

from __future__ import annotations

from django.db import models

from tollway.portal.applications.models import Application
from tollway.portal.tenants.models import Tenant


class Meter(models.Model):
    """Whose usage the wire names mean: an application that has had traffic, gone by now or not."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    product_id = models.BigIntegerField()
    name = models.CharField(max_length=255)  # the application's id on the wire
    application_id = models.BigIntegerField()
    account_id = models.BigIntegerField()

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(fields=["product_id", "name"], name="one_meter_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.product_id}"


class Row(models.Model):
    """So much in the quarter of an hour that begins at ``quarter``, seconds since the epoch.

    ``application_id`` 0, without an account: of applications that were gone before their first
    usage was recorded.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    product_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    application_id = models.BigIntegerField()
    quarter = models.BigIntegerField()
    value = models.BigIntegerField()

    class Meta:
        abstract = True


class UsageRow(Row):
    """Units of a metric. The only place that invoices and charts take usage from."""

    metric_id = models.BigIntegerField()

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["application_id", "product_id", "metric_id", "quarter"],
                name="one_usage_row_per_quarter",
            )
        ]
        indexes = [
            models.Index(fields=["product_id", "metric_id", "quarter"], name="usage_by_product"),
            models.Index(fields=["account_id", "metric_id", "quarter"], name="usage_by_account"),
            models.Index(fields=["tenant", "quarter"], name="usage_by_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.value} of metric {self.metric_id} at {self.quarter}"


class ResponseRow(Row):
    """Answers of the API with one HTTP status, as they were reported."""

    code = models.PositiveSmallIntegerField()

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["application_id", "product_id", "code", "quarter"],
                name="one_response_row_per_quarter",
            )
        ]
        indexes = [
            models.Index(fields=["product_id", "code", "quarter"], name="responses_by_product"),
            models.Index(fields=["tenant", "quarter"], name="responses_by_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.value} times {self.code} at {self.quarter}"


class StreamCursor(models.Model):
    """How far the recorder has come in each shard's stream: the one row moves with the usage rows.

    ``version`` grows with each step, so that of two recorders only one can do it.
    """

    positions = models.JSONField(default=dict)  # shard -> id of the last line recorded
    version = models.BigIntegerField(default=0)

    class Meta:
        app_label = "analytics"

    def __str__(self) -> str:
        return f"step {self.version}"


class RaisedLevel(models.Model):
    """When an application raised 3scale's alert of a level the last time: again after a day."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField()
    at = models.BigIntegerField()

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(fields=["application", "level"], name="one_alert_per_level")
        ]

    def __str__(self) -> str:
        return f"{self.level} % of {self.application_id}"


class ReachedLevel(models.Model):
    """The highest level that an application has reached of a limit, in the newest window."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    metric_id = models.BigIntegerField()
    period = models.CharField(max_length=16)
    window = models.BigIntegerField()  # where it begins
    level = models.PositiveSmallIntegerField()

    class Meta:
        app_label = "analytics"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "metric_id", "period"], name="one_level_per_limit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level} % of {self.period} of {self.application_id}"
