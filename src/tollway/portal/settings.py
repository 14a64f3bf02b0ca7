"""Django's settings, from ``tollway.config``."""

from __future__ import annotations

import os

from tollway import config

TOLLWAY = config.load(os.environ)  # noqa: TID251  (the one place of this process)
DATA_DIR = TOLLWAY.data_dir

SECRET_KEY = TOLLWAY.secret_keys[-1].hex()
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tollway.portal.tenants",
    "tollway.portal.events",
    "tollway.portal.accounts",
    "tollway.portal.catalog",
    "tollway.portal.plans",
    "tollway.portal.applications",
]
AUTH_USER_MODEL = "accounts.User"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "tollway.sqlite3",
        # Measured with four writers: without these, thousands of lock errors; with them, none.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
SILENCED_SYSTEM_CHECKS = ["auth.E003"]  # user names are unique per tenant and side, not globally
