"""Services and provider keys."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

import servers
from authority.internal.provisioning import Api
from authority.published import KEYRING
from tollway.authority.internal import services
from tollway.authority.internal.calls import Call, Store
from tollway.authority.internal.services import DEFAULT_STAYS
from tollway.store import SourceConflictError, keys, sync
from tollway.store.changing import Draft
from tollway.store.notebook import Notebook
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Application, Owner, Product, Source
from tollway.store.usage import UsageStreams

T = TypeVar("T")


def shown(api: Api, service: str) -> dict[str, Any]:
    found: dict[str, Any] = api(f"GET /services/{service}")["service"]
    return found


def default(api: Api, key: str) -> str:
    """Return the service that a provider key's calls without a service id are of; "" for none."""
    given = {"provider_key": key, "app_id": "of-default"}
    answer = api.authority.http.get("/transactions/authorize.xml", params=given)
    for service in ("d1", "d2", "d3"):
        if f"<plan>{service}</plan>" in answer.text:
            return service
    return ""


def test_a_service_is_created_found_modified_and_deleted(api: Api) -> None:
    given = {
        "id": 4001,
        "provider_key": "pk-crud",
        "backend_version": "oauth",
        "referrer_filters_required": "true",
        "state": "suspended",
    }
    created = api("POST /services/", {"service": given}, 201)
    expected = {
        "id": "4001",
        "provider_key": "pk-crud",
        "backend_version": "oauth",
        "referrer_filters_required": True,
        "state": "suspended",
        "default_service": True,
    }
    assert created == {"status": "created", "service": expected}
    assert api("GET /services/4001") == {"status": "found", "service": expected}
    changes = {"state": "active", "referrer_filters_required": False}
    modified = api("PUT /services/4001", {"service": changes})
    assert modified == {"status": "modified", "service": {**expected, **changes}}
    assert api("DELETE /services/4001") == {"status": "deleted"}
    assert api("GET /services/4001", status=404) == {
        "status": "not_found",
        "error": "service not found",
    }
    api("DELETE /services/4001", status=404)


def test_put_creates_what_is_not_there(api: Api) -> None:
    answer = api("PUT /services/4002", {"service": {"provider_key": "pk-put"}}, 201)
    assert (answer["status"], answer["service"]["backend_version"]) == ("created", None)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "id: is missing"),
        ({"id": " "}, "id: is missing"),
        ({"id": "a/b", "provider_key": "k"}, "id: must not have a slash in it"),
        ({"id": "4003"}, "provider_key: is missing"),
        ({"id": "4003", "provider_key": ""}, "provider_key: is missing"),
        ({"id": "4003", "provider_key": {}}, "provider_key: must be a text of at most 255"),
        ({"id": "4003", "provider_key": "k" * 256}, "provider_key: must be a text of at most 255"),
        (
            {"id": "4003", "provider_key": "k", "referrer_filters_required": "maybe"},
            "referrer_filters_required: must be true or false",
        ),
        (
            {"id": "4003", "provider_key": "k", "default_service": 7},
            "default_service: must be true or false",
        ),
    ],
)
def test_a_service_that_is_not_as_it_should_be_is_refused(
    api: Api, given: dict[str, object], error: str
) -> None:
    answer = api("POST /services/", {"service": given}, 400)
    assert answer["status"] == "bad_request"
    assert answer["error"].startswith(error)
    api("GET /services/4003", status=404)


def test_the_default_service_is_the_first_unless_one_is_said_to_be(api: Api) -> None:
    def save(service: str, **more: object) -> None:
        given = {"id": service, "provider_key": "pk-default", "backend_version": "2", **more}
        api("POST /services/", {"service": given}, 201)
        path = f"PUT /services/{service}/applications/of-default"
        api(path, {"application": {"state": "active", "plan_name": service}}, more.get("new", 201))  # type: ignore[arg-type]

    save("d1")
    save("d2")
    assert default(api, "pk-default") == "d1"
    save("d3", default_service=True)
    servers.wait_until(lambda: default(api, "pk-default") == "d3", "the default is d3")
    assert [shown(api, f"d{n}")["default_service"] for n in (1, 2, 3)] == [False, False, True]
    refused = api("DELETE /services/d3", status=400)
    assert refused["error"] == DEFAULT_STAYS
    save("d3", default_service=False, new=200)
    servers.wait_until(lambda: not default(api, "pk-default"), "there is no default")
    for service in ("d1", "d2", "d3"):
        api(f"DELETE /services/{service}")


def test_a_service_may_move_to_another_provider(api: Api) -> None:
    service = api.service(backend_version="2")
    api(f"PUT /services/{service}", {"service": {"provider_key": "pk-other"}})
    assert shown(api, service)["provider_key"] == "pk-other"
    assert api(f"PUT /services/change_provider_key/pk-{service}", {"new_key": "x"}, 404)


def test_a_provider_key_is_changed_for_all_services(api: Api) -> None:
    first = api.service(provider_key="pk-old", backend_version="2")
    second = api.service(provider_key="pk-old", backend_version="2")
    api.application(first)
    path = "PUT /services/change_provider_key"
    assert api(f"{path}/pk-none", {"new_key": "pk-new"}, 404)["error"] == "provider key not found"
    assert api(f"{path}/pk-old", {"new_key": " "}, 400)["error"] == "new_key: is missing"
    assert (
        api(f"{path}/pk-old", {"new_key": "pk-old"}, 400)["error"] == "new_key: is in use already"
    )
    assert api(f"{path}/pk-old", {"new_key": "pk/new"}) == {"status": "ok"}
    assert {shown(api, s)["provider_key"] for s in (first, second)} == {"pk/new"}

    def authorized(key: str) -> int:
        given = {"provider_key": key, "app_id": "app"}
        return api.authority.http.get("/transactions/authorize.xml", params=given).status_code

    assert authorized("pk/new") == 200
    servers.wait_until(lambda: authorized("pk-old") == 403, "the old key is refused")


def test_a_deleted_service_takes_everything_with_it(api: Api) -> None:
    service = api.service(backend_version="1")
    for n in range(5):
        api.application(service, f"app{n}")
        api(f"PUT /services/{service}/applications/app{n}/key/uk{n}")
    assert api.authrep(service, user_key="uk1", usage_hits="3").status_code == 200
    api(f"DELETE /services/{service}")
    client = servers.client_of(api.url)

    def gone() -> bool:
        return not client.keys(f"*:{service}*")

    servers.wait_until(gone, "nothing is left of the service")
    servers.wait_until(
        lambda: api.authrep(service, user_key="uk1").status_code == 403, "calls are refused"
    )
    given = {"service": {"id": service, "provider_key": "pk-again", "backend_version": "1"}}
    api("POST /services/", given, 201)
    api(f"GET /services/{service}/applications/app1", status=404)


def test_a_service_that_comes_again_has_nothing_of_the_one_before(api: Api) -> None:
    service = api.service()
    for n in range(120):
        api.application(service, f"app{n}")
    api(f"DELETE /services/{service}")
    api("POST /services/", {"service": {"id": service, "provider_key": "pk-again"}}, 201)
    for n in (0, 60, 119):
        api(f"GET /services/{service}/applications/app{n}", status=404)
    assert not servers.client_of(api.url).exists(keys.applications_of(service))


def test_a_service_that_another_authority_removes_meanwhile_comes_again_empty(api: Api) -> None:
    service = api.service()
    api.application(service)

    class Overtaken(Publisher):
        """Between its first change and the next one, somebody else removes the service."""

        changes = 0

        def change(self, build: Callable[[Draft], T]) -> T:
            self.changes += 1
            if self.changes == 2:
                api(f"DELETE /services/{service}")
            return super().change(build)

    with contextlib.closing(sync.connect(api.url)) as client:
        late = Overtaken(client, KEYRING, Source.INTERNAL)
        store = Store(late, Notebook(client), UsageStreams(client, Source.INTERNAL))
        given = {"service": {"provider_key": "pk-late"}}
        assert services.put(store, Call((service,), given, "", 0)).status == 201
    api(f"GET /services/{service}/applications/app", status=404)
    assert not servers.client_of(api.url).exists(keys.applications_of(service))


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("PUT /services/9001", {"service": {"state": "suspended"}}),
        ("POST /services/", {"service": {"id": "9001", "provider_key": "pk-mine"}}),
        ("DELETE /services/9001", None),
        ("POST /service_tokens/", {"service_tokens": {"t": {"service_id": "9001"}}}),
        ("POST /services/9001/applications/new", {"application": {"state": "active"}}),
        ("PUT /services/9001/applications/app", {"application": {"state": "suspended"}}),
        ("DELETE /services/9001/applications/app", None),
        ("PUT /services/9001/applications/batch", {"applications": [{"id": "a", "state": "live"}]}),
        ("PUT /services/9001/applications/app/key/uk", None),
        ("POST /services/9001/applications/app/keys/", None),
        ("POST /services/9001/applications/app/referrer_filters", {"referrer_filter": "*"}),
        ("POST /services/9001/metrics/1", {"metric": {"name": "hits"}}),
        ("PUT /services/9001/plans/p/usagelimits/1/day", {"usagelimit": {"day": 1}}),
        ("POST /services/9001/alert_limits/", {"alert_limit": {"value": 50}}),
        ("DELETE /services/9001/errors/", None),
        ("DELETE /services/9001/stats", None),
        ("PUT /services/change_provider_key/pk-tenant", {"new_key": "pk-new"}),
        ("POST /services/", {"service": {"id": "9002", "provider_key": "pk-tenant"}}),
    ],
)
def test_what_the_portal_has_published_is_changed_there_only(
    api: Api, line: str, body: object
) -> None:
    tenants = KEYRING.digest("provider_key", "pk-tenant")
    with api.portal() as portal:
        portal.put_product(Product("9001", "77", "1"))
        portal.put_application(Application("9001", "app", "active", "p", "Plan"))
        portal.put_provider(tenants, Owner("77", "9001"))
    before = servers.client_of(api.url).hgetall(keys.product("9001"))
    answer = api(line, body, 409)
    assert answer == {
        "status": "conflict",
        "error": "it belongs to the portal, and is changed there",
    }
    assert servers.client_of(api.url).hgetall(keys.product("9001")) == before
    api("GET /services/9002", status=404)


def test_what_the_portal_has_published_can_be_read(api: Api) -> None:
    with api.portal() as portal:
        portal.put_product(Product("9003", "78", "1"))
        portal.put_application(Application("9003", "app", "active", "p", "Plan"))
    service = shown(api, "9003")
    assert (service["provider_key"], service["default_service"]) == (None, False)
    assert api("GET /services/9003/applications/app")["application"]["plan_name"] == "Plan"


def test_the_portal_leaves_what_came_this_way_alone(api: Api) -> None:
    service = api.service()
    key = KEYRING.digest("provider_key", f"pk-{service}")
    with api.portal() as portal:
        for write in (
            lambda: portal.put_product(Product(service, "1", "1")),
            lambda: portal.remove_product(service),
            lambda: portal.put_provider(key, Owner("1")),
            lambda: portal.remove_provider(key),
        ):
            with pytest.raises(SourceConflictError):
                write()  # type: ignore[no-untyped-call]
    assert shown(api, service)["provider_key"] == f"pk-{service}"
