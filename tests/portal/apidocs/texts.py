"""Small documents that describe an API, in each version."""

from __future__ import annotations

import json
from typing import Any

OPERATION = {"get": {"responses": {"200": {"description": "The echo"}}}}


def openapi(version: str = "3.0.3", **fields: Any) -> dict[str, Any]:
    return {
        "openapi": version,
        "info": {"title": "Echo", "version": "1"},
        "paths": {"/v1": OPERATION},
        **fields,
    }


def swagger(**fields: Any) -> dict[str, Any]:
    return {
        "swagger": "2.0",
        "info": {"title": "Echo", "version": "1"},
        "paths": {"/v1": OPERATION},
        **fields,
    }


def text(document: dict[str, Any] | None = None) -> str:
    return json.dumps(document or openapi(), indent=2)
