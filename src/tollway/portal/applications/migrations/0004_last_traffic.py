"""When an application called last; of those before this, the first call of their last day is known."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def as_far_as_known(apps: Any, schema_editor: Any) -> None:  # noqa: ANN401, ARG001
    rows = apps.get_model("applications", "Application").objects
    rows.filter(first_daily_traffic_at__isnull=False).update(
        last_traffic_at=models.F("first_daily_traffic_at")
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0003_deprecated")]

    operations = [
        migrations.AddField(
            model_name="application",
            name="last_traffic_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(as_far_as_known, migrations.RunPython.noop),
    ]
