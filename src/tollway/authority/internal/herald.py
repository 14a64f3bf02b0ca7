"""Tells of traffic and levels, into the queue of events (sections 15 and 16).

Usage of the internal source's services lies in streams of its own. The herald reads them, tells
what is news, and removes what it has read. It may read a line twice, and several may be at it: what
was told is noted in the same change that tells it, so nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from tollway.authority.internal.calls import Store
from tollway.authority.internal.looking import Event, standing, time_of
from tollway.core import alerts
from tollway.core.limits import Report
from tollway.store import keys
from tollway.store.changing import Draft
from tollway.store.snapshot import Product, Source
from tollway.store.sweeping import sweep

DAY_S = 86_400
LINES_MAX = 2_000  # in one step, about
Name = tuple[str, str]  # of a service, and of an application of it


class Told(Struct, frozen=True, array_like=True):
    """The last day with traffic, in days since the epoch; and when levels were raised last."""

    day: int
    raised: Mapping[int, int] = {}


_TOLD = msgspec.msgpack.Decoder(Told)


class Herald:
    """Belongs to the thread that its store belongs to."""

    def __init__(self) -> None:
        self._is_tidy = False  # whether nothing waits beside the streams

    def step(self, store: Store, at: int) -> bool:
        """Tell what is news, and sweep; return whether there is more to do at once.

        Raises ``StoreUnavailableError``; to try again is always right.
        """
        more = sweep(store.publisher)
        if not self._is_tidy:
            store.usage.flush()
        page = store.usage.read({}, lines_max=LINES_MAX)
        self._is_tidy = page.complete
        touched: dict[Name, int] = {}
        for event in page.events:
            name = (event.service_id, event.application_id)
            touched[name] = max(event.at, touched.get(name, 0))
        for name, latest in touched.items():
            _tell(store, name, latest, at)
        store.usage.trim(page.positions)
        return more or not page.complete


def news(
    told: Told | None, latest: int, reports: Sequence[Report], levels: Sequence[int], *, at: int
) -> tuple[Told, list[Event]]:
    """Return what is to be told of an application, and what then has been.

    ``latest`` is when it was used last. Objects are without the application's name.
    """
    day = latest // DAY_S
    now = told or Told(0)
    events = [Event(kind, at, {"timestamp": time_of(latest)}) for kind in _traffic(told, day)]
    report = alerts.tightest(reports)
    if report and (level := alerts.level_to_raise(report, levels, now.raised, at=at)):
        events.append(Event("alert", at, _alert(report, level, at)))
        kept = {old: when for old, when in now.raised.items() if at < when + alerts.REPEAT_S}
        now = Told(now.day, {**kept, level: at})
    return Told(max(now.day, day), now.raised), events


def _traffic(told: Told | None, day: int) -> Iterator[str]:
    if told is None:
        yield "first_traffic"
    if told is None or day > told.day:
        yield "first_daily_traffic"


def _alert(report: Report, level: int, at: int) -> dict[str, object]:
    limit = report.limit
    return {
        "utilization": level,
        "max_utilization": report.used / limit.maximum,
        "timestamp": time_of(at),
        "limit": f"{limit.metric} per {limit.period}: {report.used}/{limit.maximum}",
    }


def _tell(store: Store, name: Name, latest: int, at: int) -> None:
    service_id, application_id = name

    def step(draft: Draft) -> None:
        product = draft.product(service_id)
        application = draft.application(service_id, application_id)
        if product is None or product.source is not Source.INTERNAL or application is None:
            return
        kept = draft.told(service_id, application_id)
        before = None if kept is None else _TOLD.decode(kept)
        reports = standing(store.usage, product, application, at=at)
        after, events = news(before, latest, _named(reports, product), product.alert_levels, at=at)
        of = {"service_id": service_id, "application_id": application_id}
        for event in events:
            told = msgspec.structs.replace(event, object={**event.object, **of})
            draft.tell(msgspec.json.encode(told))
        if after != before:
            key = keys.told(service_id, application_id)
            draft.do(key, "SET", msgspec.msgpack.encode(after))

    store.publisher.change(step)


def _named(reports: Sequence[Report], product: Product) -> list[Report]:
    """Return reports with their metrics' names in place of the ids."""
    names = {metric.id: metric.name for metric in product.metrics}
    replace = msgspec.structs.replace
    return [replace(r, limit=replace(r.limit, metric=names[r.limit.metric])) for r in reports]
