"""A store that is away leaves a page without what it knows, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tollway.portal.standing.asking import asked
from tollway.store.notebook import Notebook


def test_what_the_store_knows_is_returned(settings: Any, valkey_url: str) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    assert asked(Notebook.connect, lambda book: book.refusals("1")) == []


def test_a_store_that_is_away_knows_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url="unix:///nowhere")
    assert asked(Notebook.connect, lambda book: book.refusals("1")) is None
    assert "the store does not answer" in caplog.text
