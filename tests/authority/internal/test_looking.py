"""Utilization, integration errors, events, counters that are to go."""

from __future__ import annotations

import msgspec
import pytest

import servers
from authority.internal.provisioning import Api
from tollway.authority.internal.looking import EVENTS_PAGE, Event
from tollway.store import keys
from tollway.store.notes import IntegrationError, List

PACK = msgspec.msgpack.encode


def test_utilization_tells_where_the_limits_stand(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    path = f"GET /services/{service}/applications/app/utilization/"
    assert api(path) == {"status": "found", "utilization": []}
    for period, value in (("minute", 5), ("eternity", 7)):
        api.limit(service, period, value)
    api.authrep(service, app_id="app", usage_hits="3")
    lines = api(path)["utilization"]
    assert [(line["period"], line["max_value"]) for line in lines] == [
        ("eternity", 7),
        ("minute", 5),
    ]
    assert lines[0] == {
        "period": "eternity",
        "metric_name": "hits",
        "max_value": 7,
        "current_value": 3,
    }
    api(f"GET /services/{service}/applications/none/utilization/", status=404)
    api("GET /services/none/applications/app/utilization/", status=404)


def note(api: Api, service: str, count: int) -> None:
    lines = [
        PACK(IntegrationError(1_763_942_400 + n, "metric_invalid", f'metric "{n}" is invalid'))
        for n in range(count)
    ]
    servers.client_of(api.url).lpush(keys.notes(List.ERRORS, service), *lines)


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("", 249, 100),
        ("?page=1", 249, 100),
        ("?page=3", 49, 50),
        ("?page=2&per_page=10", 239, 10),
        ("?page=0&per_page=1000", 249, 250),
        ("?page=9", None, 0),
    ],
)
def test_errors_are_paged_newest_first(api: Api, query: str, first: int | None, count: int) -> None:
    service = api.service()
    note(api, service, 250)
    answer = api(f"GET /services/{service}/errors/{query}")
    assert (answer["status"], answer["count"], len(answer["errors"])) == ("found", 250, count)
    if first is not None:
        assert answer["errors"][0]["message"] == f'metric "{first}" is invalid'


def test_an_error_says_when_and_errors_are_deleted(api: Api) -> None:
    service = api.service()
    note(api, service, 1)
    path = f"/services/{service}/errors/"
    assert api(f"GET {path}")["errors"] == [
        {
            "code": "metric_invalid",
            "message": 'metric "0" is invalid',
            "timestamp": "2025-11-24 00:00:00 UTC",
            "context_info": {},
        }
    ]
    assert api(f"DELETE {path}") == {"status": "deleted"}
    assert api(f"GET {path}") == {"status": "found", "errors": [], "count": 0}
    api("GET /services/none/errors/", status=404)
    api("DELETE /services/none/errors/", status=404)


@pytest.mark.parametrize("query", ["page=x", "per_page=-1", "per_page=1001", "page=1e3"])
def test_a_page_that_is_none_is_refused(api: Api, query: str) -> None:
    assert (
        "must be a whole number"
        in api(f"GET /services/{api.service()}/errors/?{query}", status=400)["error"]
    )


def tell(api: Api, *numbers: int) -> None:
    """Empty the queue of what other tests have left, and tell of something."""
    api("DELETE /events/", {"upto_id": 10**15})
    with api.portal() as publisher:
        for number in numbers:
            event = Event("first_traffic", number, {"service_id": "told", "number": number})
            publisher.change(lambda draft, event=event: draft.tell(msgspec.json.encode(event)))  # type: ignore[misc]


def test_events_come_oldest_first_and_are_deleted(api: Api) -> None:
    tell(api, 1, 2, 3, 4)
    events = api.events("told")
    ids = [event["id"] for event in events]
    assert ids == sorted(ids)
    assert [event["object"]["number"] for event in events] == [1, 2, 3, 4]
    assert (events[0]["type"], events[0]["timestamp"]) == (
        "first_traffic",
        "1970-01-01 00:00:01 UTC",
    )
    assert api(f"DELETE /events/{ids[1]}") == {"status": "deleted"}
    assert api(f"DELETE /events/{ids[1]}", status=404)["error"] == "event not found"
    assert [event["id"] for event in api.events("told")] == [ids[0], ids[2], ids[3]]
    answer = api("DELETE /events/", {"upto_id": ids[2]})
    assert answer["status"] == "deleted"
    assert answer["count"] >= 2
    assert [event["id"] for event in api.events("told")] == [ids[3]]
    for body in ({}, {"upto_id": "x"}, {"upto_id": None}):
        assert api("DELETE /events/", body, 400)["error"].startswith("upto_id: must be")
    api("DELETE /events/", {"upto_id": str(ids[3])})
    tell(api, 5)
    (last,) = api.events("told")
    assert last["id"] > ids[3]  # an id is never used again
    api("DELETE /events/", {"upto_id": last["id"]})


def test_a_long_queue_is_handed_out_in_parts(api: Api) -> None:
    tell(api, *range(EVENTS_PAGE + 5))
    first = api("GET /events/")["events"]
    assert len(first) == EVENTS_PAGE
    api("DELETE /events/", {"upto_id": first[-1]["id"]})
    every = [*first, *api("GET /events/")["events"]]
    numbers = [e["object"]["number"] for e in every if e["object"]["service_id"] == "told"]
    assert numbers == list(range(EVENTS_PAGE + 5))
    api("DELETE /events/", {"upto_id": 10**15})


def test_counters_that_are_to_go_are_removed_soon(api: Api) -> None:
    service = api.service(backend_version="2")
    for id_ in ("one", "two"):
        api.application(service, id_)
    api.limit(service, "year", 3)
    assert api.authrep(service, app_id="one", usage_hits="3").status_code == 200
    assert api.authrep(service, app_id="one", usage_hits="1").status_code == 409
    assert api(f"DELETE /services/{service}/stats") == {"status": "to_be_deleted"}
    servers.wait_until(
        lambda: api.authrep(service, app_id="one", usage_hits="1").status_code == 200,
        "the counters are gone",
    )
    client = servers.client_of(api.url)
    servers.wait_until(lambda: not client.exists(keys.RESETS), "the mark is gone")
    api("DELETE /services/none/stats", status=404)
