"""What `up` says of the internal API is true: with it, the platform takes a service of its own."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from acceptance.world import World, eventually

pytestmark = pytest.mark.acceptance


class Internal:
    """The internal API at the address, and with the credentials, that `tollway status` names."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.about = world.platform["internal_api"]

    def __call__(self, line: str, body: object = None) -> Any:
        method, _, path = line.partition(" ")
        auth = (self.about["user"], self.about["password"])
        answer = self.world.http.request(method, f"{self.about['url']}{path}", auth=auth, json=body)
        assert answer.is_success, f"{line}: {answer.status_code} {answer.text}"
        return answer.json()

    def events(self, service: str) -> list[str]:
        events = self("GET /events/")["events"]
        return [e["type"] for e in events if e["object"]["service_id"] == service]


def authrep(world: World, service: str, **query: str) -> httpx.Response:
    given = {"service_token": f"token-{service}", "service_id": service, "usage[hits]": "1"}
    return world.http.get(
        f"{world.platform['authority']}/transactions/authrep.xml", params={**given, **query}
    )


def test_a_service_that_no_portal_knows_is_provisioned_and_limited(world: World) -> None:
    internal, service = Internal(world), f"s{secrets.token_hex(4)}"
    given = {"id": service, "provider_key": f"pk-{service}", "backend_version": "2"}
    internal("POST /services/", {"service": given})
    tokens = {f"token-{service}": {"service_id": service}}
    internal("POST /service_tokens/", {"service_tokens": tokens})
    internal(f"POST /services/{service}/metrics/1", {"metric": {"name": "hits"}})
    limit = f"PUT /services/{service}/plans/basic/usagelimits/1/month"
    internal(limit, {"usagelimit": {"month": 2}})
    application = {"state": "active", "plan_id": "basic", "plan_name": "Basic"}
    internal(f"POST /services/{service}/applications/app", {"application": application})
    key = internal(f"POST /services/{service}/applications/app/keys/")["application_key"]["value"]
    internal(f"POST /services/{service}/alert_limits/", {"alert_limit": {"value": 100}})
    statuses = [authrep(world, service, app_id="app", app_key=key).status_code for _ in range(3)]
    assert statuses == [200, 200, 409]
    expected = ["first_traffic", "first_daily_traffic", "alert"]
    eventually(lambda: internal.events(service) == expected, "events of its calls")
    (line,) = internal(f"GET /services/{service}/applications/app/utilization/")["utilization"]
    assert (line["current_value"], line["max_value"]) == (2, 2)
    assert authrep(world, service, app_id="nobody").status_code == 404
    errors = f"GET /services/{service}/errors/"
    eventually(lambda: internal(errors)["count"] == 1, "an integration error")
    internal(f"DELETE /services/{service}")


def test_what_the_portal_has_is_the_portals(world: World) -> None:
    about = world.platform["internal_api"]
    sample = f"{about['url']}/services/{world.platform['service_id']}"
    auth = (about["user"], about["password"])
    assert world.http.get(sample, auth=auth).json()["service"]["state"] == "active"
    change = {"service": {"state": "suspended"}}
    assert world.http.put(sample, auth=auth, json=change).status_code == 409
    assert world.http.get(sample).status_code == 401
