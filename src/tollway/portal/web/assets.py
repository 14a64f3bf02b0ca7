"""Static files, collected under hashed names when the portal starts, for WhiteNoise to serve.

No build step and nothing to remember for operators: files that are there already stay as they are.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.conf import settings
from django.core.management import call_command


def collect() -> None:
    """Collect into ``STATIC_ROOT``. Several processes may start at once; one does the work."""
    root = Path(settings.STATIC_ROOT)
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("collectstatic", interactive=False, verbosity=0)
