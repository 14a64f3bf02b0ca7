"""An index for the history of one thing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["tenant", "object_kind", "object_id"], name="events_by_object"
            ),
        ),
    ]
