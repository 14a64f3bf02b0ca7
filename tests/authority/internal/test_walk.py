"""From nothing to a refused call, an alert and an error, through the internal API alone."""

from __future__ import annotations

import servers
from authority.internal.provisioning import Api


def test_a_service_is_provisioned_called_and_watched(api: Api) -> None:
    service = api.service(backend_version="1")
    api.application(service)
    api.limit(service, "day", 2)
    api(f"PUT /services/{service}/applications/app/key/uk")
    api(f"POST /services/{service}/alert_limits/", {"alert_limit": {"value": 100}}, 201)
    statuses = [api.authrep(service, user_key="uk", usage_hits="1").status_code for _ in range(3)]
    assert statuses == [200, 200, 409]
    refused = api.authrep(service, user_key="uk", usage_hits="1")
    assert "<reason>usage limits are exceeded</reason><plan>Basic</plan>" in refused.text
    (line,) = api(f"GET /services/{service}/applications/app/utilization/")["utilization"]
    assert line == {"period": "day", "metric_name": "hits", "max_value": 2, "current_value": 2}
    servers.wait_until(lambda: len(api.events(service)) == 3, "events")
    events = api.events(service)
    assert [event["type"] for event in events] == ["first_traffic", "first_daily_traffic", "alert"]
    alert = events[2]["object"]
    assert alert.pop("timestamp") == events[2]["timestamp"]
    assert alert == {
        "id": events[2]["id"],
        "utilization": 100,
        "max_utilization": 1.0,
        "limit": "hits per day: 2/2",
        "service_id": service,
        "application_id": "app",
    }
    assert api.authrep(service, user_key="nobody").status_code == 403
    path = f"GET /services/{service}/errors/"
    servers.wait_until(lambda: api(path)["count"] == 1, "an integration error")
    (error,) = api(path)["errors"]
    assert (error["code"], error["message"]) == ("user_key_invalid", 'user key "nobo…" is invalid')
    assert [sorted(error), error["context_info"]] == [
        ["code", "context_info", "message", "timestamp"],
        {},
    ]
