"""What lists of applications are sorted and narrowed by."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("applications", "0004_last_traffic")]

    operations = [
        migrations.AddIndex(
            model_name="application",
            index=models.Index("tenant", Lower("name"), "id", name="applications_by_name"),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["tenant", "created_at", "id"], name="applications_by_age"),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                fields=["tenant", "last_traffic_at", "id"], name="applications_by_traffic"
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["tenant", "state"], name="applications_by_state"),
        ),
    ]
