"""Static files, collected under hashed names when the portal starts, for WhiteNoise to serve.

No build step and nothing to remember for operators. Collecting compresses everything, which takes
a second or two; so it is done only when something that goes into it has changed.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from hashlib import blake2b
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from tollway.portal.web import packages

STAMP = ".inputs"


def collect() -> None:
    """Collect into ``STATIC_ROOT``. Several processes may start at once; one does the work."""
    root = Path(settings.STATIC_ROOT)
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inputs, stamp = _inputs(), root / STAMP
        if stamp.exists() and stamp.read_text() == inputs:
            return
        packages.prepare(settings.PACKAGES_DIR)
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(inputs)


def _inputs() -> str:
    """Digest what the collected files depend on, by content: images may set all times alike."""
    digest = blake2b(digest_size=16)
    versions = [metadata.version(name) for name in ("django", "whitenoise", "brotli")]
    digest.update(f"{versions} {settings.STORAGES}".encode())
    for file in [*packages.inputs(), *_found()]:
        content = file.read_bytes()
        digest.update(f"{file} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _found() -> Iterator[Path]:
    """Yield the static files that are collected as they are: all but those made ready here."""
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name))
            if not file.is_relative_to(settings.PACKAGES_DIR):
                yield file
