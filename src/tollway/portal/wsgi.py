"""The portal as a WSGI application, with its static files collected and hashed."""

from __future__ import annotations

import os

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollway.portal.settings")  # noqa: TID251
django.setup()

from tollway.portal.web import assets  # noqa: E402  (needs Django to be set up)

assets.collect()
application = get_wsgi_application()
