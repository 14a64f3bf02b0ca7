"""Metrics, usage limits, levels of alerts."""

from __future__ import annotations

import pytest

from authority.internal.provisioning import Api
from tollway.authority.internal.plans import NAME_TAKEN
from tollway.core.alerts import LEVELS


def test_metrics_are_created_found_modified_and_deleted(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    parent, path = f"{service}1", f"/services/{service}/metrics/77"
    assert api(f"GET {path}", status=404)["error"] == "metric not found"
    given = {"metric": {"name": " search ", "parent_id": parent}}
    expected = {"service_id": service, "id": "77", "name": "search", "parent_id": parent}
    assert api(f"POST {path}", given, 201) == {"status": "created", "metric": expected}
    assert api(f"GET {path}") == {"status": "found", "metric": expected}
    api.limit(service, "day", 1)
    assert api.authrep(service, app_id="app", usage_search="1").status_code == 200
    assert api.authrep(service, app_id="app", usage_hits="1").status_code == 409
    modified = api(f"PUT {path}", {"metric": {"name": "find"}})
    assert modified == {"status": "modified", "metric": {**expected, "name": "find"}}
    assert api.authrep(service, app_id="app", usage_search="1").status_code == 404
    api(f"DELETE /services/{service}/metrics/{parent}")
    assert api(f"GET {path}")["metric"]["parent_id"] is None
    assert api.authrep(service, app_id="app", usage_find="1").status_code == 200
    assert api(f"DELETE {path}") == {"status": "deleted"}
    api(f"DELETE {path}", status=404)
    assert api(f"PUT {path}", {"metric": {"name": "find"}}, 201)["status"] == "created"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "name: is missing"),
        ({"name": ""}, "name: is missing"),
        ({"name": "hits"}, NAME_TAKEN),
        ({"name": "a", "parent_id": "none"}, "parent_id: the service has no such metric"),
        ({"name": "a", "parent_id": "77"}, "parent_id: a metric cannot be below itself"),
    ],
)
def test_a_metric_that_is_not_as_it_should_be_is_refused(
    api: Api, given: object, error: str
) -> None:
    service = api.service()
    answer = api(f"POST /services/{service}/metrics/77", {"metric": given}, 400)
    assert answer["error"] == error


def test_no_id_is_longer_than_one_in_a_body_can_be(api: Api) -> None:
    service, long = api.service(), "x" * 256
    limit = {"usagelimit": {"day": 1}}
    for line, body in (
        (f"PUT /services/{long}", {"service": {"provider_key": "pk-long"}}),
        (f"POST /services/{service}/metrics/{long}", {"metric": {"name": "long"}}),
        (f"PUT /services/{service}/plans/{long}/usagelimits/{service}1/day", limit),
        (f"POST /services/{service}/applications/{long}", {"application": {"state": "active"}}),
        (f"PUT /services/{service}/applications/app/key/{long}", None),
    ):
        if "/key/" in line:
            api.application(service)
        api(line, body, 400)


def test_metrics_below_each_other_are_refused(api: Api) -> None:
    service = api.service()
    path, top = f"/services/{service}/metrics", f"{service}1"
    api(f"POST {path}/2", {"metric": {"name": "b", "parent_id": top}}, 201)
    api(f"POST {path}/3", {"metric": {"name": "c", "parent_id": 2}}, 201)
    answer = api(f"PUT {path}/{top}", {"metric": {"parent_id": "3"}}, 400)
    assert answer["error"] == "parent_id: a metric cannot be below itself"


def test_usage_limits_hold_from_the_next_call_on(api: Api) -> None:
    service = api.service(backend_version="2")
    api.application(service)
    path = f"/services/{service}/plans/basic/usagelimits/{service}1"
    assert api(f"GET {path}/day", status=404)["error"] == "usage limit not found"
    shown = {"service_id": service, "plan_id": "basic", "metric_id": f"{service}1"}
    for given, value in ((2, 2), ("3", 3), (0, 0)):
        answer = api(f"PUT {path}/day", {"usagelimit": {"day": given}})
        assert answer == {"status": "modified", "usagelimit": {**shown, "day": value}}
        assert api(f"GET {path}/day") == {"status": "found", "usagelimit": {**shown, "day": value}}
        expected = "<authorized>true</authorized>" if value else "usage limits are exceeded"
        assert expected in api.authrep(service, app_id="app", usage_hits="1").text
    api(f"PUT {path}/month", {"usagelimit": {"month": 10}})
    assert api(f"DELETE {path}/day") == {"status": "deleted"}
    answered = api.authrep(service, app_id="app", usage_hits="1")
    assert (answered.status_code, answered.text.count("<usage_report ")) == (200, 1)
    api(f"DELETE {path}/day", status=404)


@pytest.mark.parametrize(
    ("period", "given", "status", "error"),
    [
        ("fortnight", {"fortnight": 1}, 400, "period: must be one of minute, hour, day, week"),
        ("day", {"hour": 1}, 400, "day: must be a whole number from 0 to 9007199254740991"),
        ("day", {"day": -1}, 400, "day: must be a whole number"),
        ("day", {"day": 1.5}, 400, "day: must be a whole number"),
        ("day", {"day": True}, 400, "day: must be a whole number"),
        ("day", {"day": "²"}, 400, "day: must be a whole number"),
        ("day", {"day": 2**53}, 400, "day: must be a whole number"),
        ("day", 5, 400, "usagelimit: must be an object"),
    ],
)
def test_a_limit_that_is_none_is_refused(
    api: Api, period: str, given: object, status: int, error: str
) -> None:
    service = api.service()
    path = f"/services/{service}/plans/p/usagelimits/{service}1/{period}"
    assert api(f"PUT {path}", {"usagelimit": given}, status)["error"].startswith(error)


def test_a_limit_needs_its_metric(api: Api) -> None:
    service = api.service()
    path = f"/services/{service}/plans/p/usagelimits/none/day"
    assert api(f"PUT {path}", {"usagelimit": {"day": 1}}, 404)["error"] == "metric not found"


def test_only_the_nine_levels_are_taken(api: Api) -> None:
    service = api.service()
    path = f"/services/{service}/alert_limits/"
    for level in range(-1, 302):
        status = 201 if level in LEVELS else 400
        answer = api(f"POST {path}", {"alert_limit": {"value": str(level)}}, status)
        assert answer["status"] == ("created" if status == 201 else "bad_request")
    listed = api(f"GET {path}")["alert_limits"]
    assert listed == [{"service_id": service, "value": level} for level in LEVELS]
    assert api(f"DELETE {path}80") == {"status": "deleted"}
    assert api(f"DELETE {path}80", status=404)["error"] == "alert limit not found"
    api(f"DELETE {path}81", status=400)
    assert len(api(f"GET {path}")["alert_limits"]) == 8
