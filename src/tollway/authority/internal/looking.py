"""What has happened: utilization, integration errors, events; and counters that are to go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

import tollway
from tollway.authority.internal import fields
from tollway.authority.internal.answers import Answer, deleted, found, missing
from tollway.authority.internal.calls import (
    Call,
    Store,
    application_of,
    own_service,
    service_of,
)
from tollway.core.limits import Limit, in_report_order, reports
from tollway.core.metrics import id_order
from tollway.core.periods import Period
from tollway.store import keys
from tollway.store.changing import Draft
from tollway.store.notes import NOTES_MAX, List
from tollway.store.snapshot import Application, Product
from tollway.store.usage import Question, UsageStreams

EVENTS_PAGE = 1_000


class Event(msgspec.Struct, frozen=True):
    """An entry of the queue, as it lies there. ``at`` is in seconds since the epoch."""

    type: str
    at: int
    object: Mapping[str, Any]


_EVENT = msgspec.json.Decoder(Event)


def utilization(store: Store, call: Call) -> Answer:
    """Tell where the limits of an application's plan stand, in the order of usage reports."""

    def read(draft: Draft) -> tuple[Product, Application]:
        return service_of(draft, call.names[0]), application_of(draft, *call.names)

    product, application = store.publisher.change(read)
    names = {metric.id: metric.name for metric in product.metrics}
    lines = [
        {
            "period": str(report.limit.period),
            "metric_name": names[report.limit.metric],
            "max_value": report.limit.maximum,
            "current_value": report.used,
        }
        for report in standing(store.usage, product, application, at=call.at)
    ]
    return found(utilization=lines)


def standing(
    usage: UsageStreams, product: Product, application: Application, *, at: int
) -> list[Any]:
    """Return a ``core.limits.Report`` for each limit of an application's plan."""
    plan = product.plans.get(application.plan_id)
    limits = in_report_order(
        (Limit(u.metric, Period(u.period), u.maximum) for u in (plan.limits if plan else ())),
        sorted((metric.id for metric in product.metrics), key=id_order),
    )
    metrics = list(dict.fromkeys(limit.metric for limit in limits))
    if not metrics:
        return []
    (cells,) = usage.counters([Question(product.id, application.id, metrics)], at=at)
    return list(reports(limits, dict(zip(metrics, cells, strict=True)), at=at))


def get_errors(store: Store, call: Call) -> Answer:
    """Return a page of the integration errors, the newest first, and how many there are."""
    store.publisher.change(lambda draft: service_of(draft, *call.names))
    page, size = fields.page(call.query, NOTES_MAX)
    errors = store.notes.errors(*call.names)
    shown = [
        {
            "code": error.code,
            "message": error.message,
            "timestamp": time_of(error.at),
            "context_info": {},
        }
        for error in errors[(page - 1) * size : page * size]
    ]
    return found(errors=shown, count=len(errors))


def delete_errors(draft: Draft, call: Call) -> Answer:
    own_service(draft, *call.names)
    draft.do(keys.notes(List.ERRORS, *call.names), "DEL")
    return deleted()


def get_events(draft: Draft, _: Call) -> Answer:
    """Return events, the oldest first: as many as one answer holds, the next when they are gone."""
    lines = draft.ask("ZRANGE", keys.EVENTS, 0, EVENTS_PAGE - 1)
    return found(events=[_event(line) for line in lines])


def delete_event(draft: Draft, call: Call) -> Answer:
    (id_,) = call.names
    if not draft.ask("ZCOUNT", keys.EVENTS, id_, id_):
        raise missing("event")
    draft.do(keys.EVENTS, "ZREMRANGEBYSCORE", id_, id_)
    return deleted()


def delete_events(draft: Draft, call: Call) -> Answer:
    upto = fields.number(call.body, "upto_id", 10**15)
    count = draft.ask("ZCOUNT", keys.EVENTS, "-inf", upto)
    draft.do(keys.EVENTS, "ZREMRANGEBYSCORE", "-inf", str(upto))
    return deleted(count=count)


def delete_stats(draft: Draft, call: Call) -> Answer:
    """Mark what was counted of a service; ``store.sweeping`` removes it shortly after."""
    own_service(draft, *call.names)
    draft.do(keys.RESETS, "SADD", *call.names)
    return Answer(200, {"status": "to_be_deleted"})


def check(_: Store, __: Call) -> Answer:
    return Answer(200, {"status": "ok"})


def status(_: Store, __: Call) -> Answer:
    return Answer(200, {"status": "ok", "version": {"backend": tollway.__version__}})


def _event(line: bytes) -> Mapping[str, Any]:
    number, _, payload = line.partition(b":")
    event = _EVENT.decode(payload)
    about = {"id": int(number)} if event.type == "alert" else {}
    return {
        "id": int(number),
        "type": event.type,
        "timestamp": time_of(event.at),
        "object": {**about, **event.object},
    }


def time_of(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
