"""Asks the store for what a page shows: a store that is away leaves a page without it, no more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Protocol, TypeVar

from django.conf import settings

from tollway.store import StoreUnavailableError

_logger = logging.getLogger(__name__)


class Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)
T = TypeVar("T")


def asked(connect: Callable[[str], S], read: Callable[[S], T]) -> T | None:
    """Return what ``read`` finds in the part of the store that ``connect`` opens.

    None: the store does not answer, and nothing is known now.
    """
    try:
        with closing(connect(settings.TOLLWAY.valkey_url)) as store:
            return read(store)
    except StoreUnavailableError as error:
        _logger.warning("the store does not answer: %s", error)
        return None
