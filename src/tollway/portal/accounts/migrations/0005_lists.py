"""What lists of accounts are sorted and counted by."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_invitations_and_visits")]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index("tenant", Lower("org_name"), "id", name="accounts_by_name_in_lists"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["tenant", "created_at", "id"], name="accounts_by_age"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["tenant", "state"], name="accounts_by_state"),
        ),
    ]
