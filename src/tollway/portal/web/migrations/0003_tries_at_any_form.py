from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("web", "0002_submissions"),
    ]

    operations = [
        migrations.RenameModel("SignInTry", "FormTry"),
        migrations.RemoveIndex("formtry", "tries_by_address"),
        migrations.AddField(
            "formtry",
            "form",
            models.CharField(max_length=16, default="sign-in"),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "formtry",
            models.Index(fields=["tenant", "form", "address", "at"], name="form_tries"),
        ),
    ]
