"""Indexes for what is asked of all of a tenant's products at once: the dashboard, each second."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="usagerow",
            index=models.Index(fields=["tenant", "quarter"], name="usage_by_tenant"),
        ),
        migrations.AddIndex(
            model_name="responserow",
            index=models.Index(fields=["tenant", "quarter"], name="responses_by_tenant"),
        ),
    ]
