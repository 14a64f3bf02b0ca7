"""The portal's settings in tests: a data directory of their own, a fixed master key, quick hashes.

With TOLLWAY_TEST_DATABASE_URL (see postgresql.py) the same tests run on PostgreSQL.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

# Named here, made and removed by conftest.py: whoever else reads these settings (mypy does) makes
# nothing. Workers of a test run find the name in their environment: theirs is the run's. What the
# environment says of a data directory is not for tests.
OWN_DIRECTORY = Path(tempfile.gettempdir(), f"tollway-tests-{secrets.token_hex(4)}")
DIRECTORY = Path(os.environ.setdefault("TOLLWAY_TEST_DIRECTORY", str(OWN_DIRECTORY)))
os.environ["TOLLWAY_DATA_DIR"] = str(DIRECTORY)
_DEFAULTS = {
    "TOLLWAY_SECRET_KEY": "5e" * 32,
    "TOLLWAY_GATEWAY_TOKEN": "the gateway's",
}
for _name, _value in _DEFAULTS.items():
    os.environ.setdefault(_name, _value)
os.environ["TOLLWAY_DATABASE_URL"] = os.environ.get("TOLLWAY_TEST_DATABASE_URL", "")

import tollway.portal.settings  # noqa: E402
from tollway.portal.settings import *  # noqa: E402, F403  (it reads the environment above)

# Made as `setup` makes a new one: test_schema.py compares that with what migrations make. A copy:
# collecting doctests runs this module a second time.
_default = tollway.portal.settings.DATABASES["default"]
_test: dict[str, object] = {"MIGRATE": False}
if not os.environ["TOLLWAY_DATABASE_URL"]:
    # A file as in life: in memory, threads share one cache, whose table locks nobody waits for.
    _test["NAME"] = str(DIRECTORY / "tests.sqlite3")
    _quick = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
    _default = {**_default, "OPTIONS": {**_default["OPTIONS"], "init_command": _quick}}
DATABASES = {"default": {**_default, "TEST": _test}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow by design
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
