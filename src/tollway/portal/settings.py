"""Django's settings, from ``tollway.config``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tollway import config

TOLLWAY = config.load(os.environ)  # noqa: TID251  (the one place of this process)
DATA_DIR = TOLLWAY.data_dir

SECRET_KEY = TOLLWAY.secret_keys[-1].hex()
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "tollway.portal.tenants",
    "tollway.portal.events",
    "tollway.portal.mail",
    "tollway.portal.accounts",
    "tollway.portal.storefront",
    "tollway.portal.catalog",
    "tollway.portal.apidocs",
    "tollway.portal.plans",
    "tollway.portal.applications",
    "tollway.portal.alerts",
    "tollway.portal.bulk",
    "tollway.portal.analytics",
    "tollway.portal.golive",
    "tollway.portal.tryout",
    "tollway.portal.onboarding",
    "tollway.portal.web",
    "tollway.portal.console",
    "tollway.portal.developer",
]
ROOT_URLCONF = "tollway.portal.urls"
WSGI_APPLICATION = "tollway.portal.wsgi.application"
MIDDLEWARE = [
    "tollway.portal.web.proxies.TrustedProxies",  # first: all others see the client's address
    "tollway.portal.web.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tollway.portal.web.health.Health",
    "tollway.portal.web.site.Sites",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"builtins": ["tollway.portal.web.templatetags.tollway"]},
    },
]
FORM_RENDERER = "tollway.portal.web.forms.Renderer"
ALLOWED_HOSTS = ["*"]  # stricter than a list: a host that names no tenant is answered 404
SECURE_HSTS_SECONDS = 365 * 24 * 3600  # sent only behind https
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "tollway_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "tollway_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "tollway.portal.console.entry.sign_in.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # an ActiveDocs specification is one field
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
NODE_MODULES = Path(__file__).parents[3] / "node_modules"  # of the checkout
PACKAGES_DIR = DATA_DIR / "pages"  # their files, as pages load them; DATA_DIR/packages is NGINX's
STATICFILES_DIRS = [("packages", PACKAGES_DIR)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "tollway.portal.web.compression.Storage"},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"no_secrets": {"()": "tollway.portal.web.logs.NoSecrets"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["no_secrets"],
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # What a client did wrong is told to the client; only our own faults are logged.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "CRITICAL"}},
}
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://user:password@host:port/name?option=value`.

    The host may be a directory, percent-encoded or as `?host=`, for a unix socket. Without a URL it
    is SQLite in the data directory.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "tollway.sqlite3",
            # Measured with four writers: without these, thousands of lock errors; with them, none.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise config.SettingsError(
            "TOLLWAY_DATABASE_URL must look like postgresql://user:password@host:port/name"
        )
    options = {"connect_timeout": "5", **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database(TOLLWAY.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
SILENCED_SYSTEM_CHECKS = ["auth.E003"]  # user names are unique per tenant and side, not globally
