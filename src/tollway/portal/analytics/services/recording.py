"""One step of the recorder: what was counted becomes rows, with the cursor, in one transaction.

The order makes it exact. What the store is asked comes first, as no network call belongs into a
transaction; then everything is written or nothing is; then the lines that are recorded are removed
from the streams. Killed before the commit, the step is done again; after it, the cursor says so.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from django.db import transaction

from tollway.core.periods import Window
from tollway.portal.analytics import selectors
from tollway.portal.analytics.models import StreamCursor
from tollway.portal.analytics.services.adding import add_responses, add_usage
from tollway.portal.analytics.services.happenings import Happening, tell
from tollway.portal.analytics.services.identities import (
    Known,
    Name,
    Who,
    identify,
    number,
    save_meters,
)
from tollway.portal.analytics.services.tally import Tally
from tollway.portal.analytics.services.traffic import note_traffic
from tollway.portal.analytics.services.utilization import Watched, note_levels, watched
from tollway.store import Cell
from tollway.store.spending import UsageEvent
from tollway.store.usage import Page, Question

BATCH = 10_000  # lines of the streams in one step, about: fewer than make a stream long

_logger = logging.getLogger(__name__)


class OvertakenError(Exception):
    """Another recorder has done this step meanwhile. Nothing was written."""


class Streams(Protocol):
    """What the recorder needs of the store: ``store.usage.UsageStreams``."""

    def read(self, after: Mapping[int, str], *, lines_max: int) -> Page: ...
    def trim(self, upto: Mapping[int, str]) -> None: ...
    def flush(self) -> None: ...
    def counters(self, questions: Sequence[Question], *, at: int) -> list[list[Cell]]: ...


def record(streams: Streams, *, at: int) -> Page:
    """Record the next lines of the streams; return them. ``at`` is now.

    Raises ``StoreUnavailableError``, ``DatabaseError`` and ``OvertakenError``; to try again is
    always right.
    """
    cursor = selectors.cursor()
    page = streams.read(selectors.positions(cursor), lines_max=BATCH)
    if page.positions:
        events = _by_name(page.events)
        known = identify(events.keys())
        watch = watched(known.applications.values())
        cells = streams.counters([each.question for each in watch], at=at)
        _write(cursor, page, events, known, list(zip(watch, cells, strict=True)), at)
        streams.trim(page.positions)
    return page


def tidy(streams: Streams) -> None:
    """Remove the lines that are recorded, and get those that were held back.

    Before the first step, as whoever was here before may have died before it did so, and before
    each one that comes after a full batch: where streams are long, usage is merged beside them.
    When a step has read all there is, streams are short, and nothing was merged since this.
    """
    streams.trim(selectors.positions(selectors.cursor()))
    streams.flush()


def _by_name(events: Collection[UsageEvent]) -> dict[Name, list[UsageEvent]]:
    """Group events by product and application, in their order."""
    groups: defaultdict[Name, list[UsageEvent]] = defaultdict(list)
    foreign = 0
    for event in events:
        product = number(event.service_id)
        if product is None:
            foreign += 1
        else:
            groups[product, event.application_id].append(event)
    if foreign:
        _logger.warning("%s calls were of services that are not the portal's", foreign)
    return groups


@transaction.atomic
def _write(
    cursor: StreamCursor,
    page: Page,
    events: Mapping[Name, Sequence[UsageEvent]],
    known: Known,
    levels: Sequence[tuple[Watched, Sequence[Cell]]],
    at: int,
) -> None:
    _advance(cursor, page.positions)
    save_meters(known.unmetered)
    tally = Tally(_recorded)
    for name, group in events.items():
        if name not in known.who:
            _logger.warning("%s calls of %s are nobody's: not recorded", len(group), name)
            continue
        for event in group:
            tally.count(known.who[name], event)
    add_usage(tally.usage())
    add_responses(tally.responses())
    tell(list(_happenings(events, known, levels, at)))


def _happenings(
    events: Mapping[Name, Sequence[UsageEvent]],
    known: Known,
    levels: Sequence[tuple[Watched, Sequence[Cell]]],
    at: int,
) -> Iterator[Happening]:
    """Write down first traffic and levels, and yield what is news; applications by id.

    Whoever locks several applications does it in this order.
    """
    there = sorted(known.applications.items(), key=lambda item: item[1].pk)
    for name, application in there:
        yield from note_traffic(application, (event.at for event in events[name]))
    for watch, cells in levels:
        yield from note_levels(watch, cells, at=at)


def _advance(cursor: StreamCursor, positions: Mapping[int, str]) -> None:
    """Claim the step. Of two recorders, the later one finds that the version is another."""
    moved = StreamCursor.objects.filter(pk=cursor.pk, version=cursor.version).update(
        positions={**cursor.positions, **{str(k): last for k, last in positions.items()}},
        version=cursor.version + 1,
    )
    if not moved:
        raise OvertakenError("another recorder is at work")


def _recorded(who: Who, metric: int, window: Window) -> int:
    values = selectors.recorded_by_quarter(
        product_id=who.product_id,
        application_id=who.application_id,
        metric_id=metric,
        since=window.start,
        until=window.end or 0,
    )
    return sum(values)  # not by the database, where a sum has a bound
