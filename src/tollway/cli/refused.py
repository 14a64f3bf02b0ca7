"""Why a command cannot do what was asked: shown as one message, without a traceback."""

from __future__ import annotations


class RefusedError(Exception):
    """The message says what is wrong, and what to do about it."""
