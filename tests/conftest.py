"""What every test may use: the shared vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def vectors(name: str) -> Any:
    """Return the cases of ``vectors/NAME.json``."""
    return json.loads((ROOT / "vectors" / f"{name}.json").read_text())
