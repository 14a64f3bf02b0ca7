"""What `status` reads of what the worker has said of its readers."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tollway.cli.datadir import DataDir

OLD_S = 5  # the worker writes twice a second


class Condition(Struct, frozen=True):
    """How far a reader is behind, and why it does not get on; "" if it does."""

    name: str
    lag_seconds: int = 0
    lag_entries: int = 0
    failing: str = ""


class Told(Struct, frozen=True):
    """What the worker said, and when."""

    at: int
    readers: tuple[Condition, ...]


def conditions(data: DataDir, *, at: int) -> tuple[Condition, ...]:
    """Return how the readers are; without a worker, all of them are behind since it last said so.

    How many entries have come since then is not known.
    """
    if not data.readers.exists():
        return ()
    told = msgspec.json.decode(data.readers.read_bytes(), type=Told)
    age_s = at - told.at
    if age_s <= OLD_S:
        return told.readers
    failing = f"the worker has not been heard of for {age_s} s"
    return tuple(
        replace(each, lag_seconds=each.lag_seconds + age_s, failing=failing)
        for each in told.readers
    )
