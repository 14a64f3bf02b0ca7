"""What the internal API answers: a status, and a JSON object that says it again in a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True):
    """``body`` None is an empty one."""

    status: int
    body: Mapping[str, Any] | None


class RefusedError(Exception):
    """The call cannot be done, and nothing of it was. ``error`` is for whoever sent it."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.answer = Answer(status, {"status": _WORDS[status], "error": error})


_WORDS = {
    400: "bad_request",
    404: "not_found",
    405: "exists",
    409: "conflict",
    422: "invalid",
    503: "unavailable",
}


def found(**body: object) -> Answer:
    return Answer(200, {"status": "found", **body})


def created(**body: object) -> Answer:
    return Answer(201, {"status": "created", **body})


def modified(**body: object) -> Answer:
    return Answer(200, {"status": "modified", **body})


def deleted(**body: object) -> Answer:
    return Answer(200, {"status": "deleted", **body})


def saved(*, new: bool, **body: object) -> Answer:
    return created(**body) if new else modified(**body)


def missing(what: str) -> RefusedError:
    return RefusedError(404, f"{what} not found")
