"""Applications: one by one, and several at once."""

from __future__ import annotations

import pytest

from authority.internal.provisioning import Api
from tollway.authority.internal.applications import BATCH_MAX
from tollway.authority.internal.calls import service_of

GIVEN = {
    "state": "active",
    "plan_id": "9",
    "plan_name": "Gold & Co",
    "redirect_url": "http://r.example/back?a=1",
}


def test_an_application_is_created_found_modified_and_deleted(api: Api) -> None:
    service = api.service(backend_version="2")
    path = f"/services/{service}/applications/a%20b"
    expected = {"service_id": service, "id": "a b", **GIVEN}
    assert api(f"GET {path}", status=404)["error"] == "application not found"
    created = api(f"POST {path}", {"application": GIVEN}, 201)
    assert created == {"status": "created", "application": expected}
    assert api(f"GET {path}") == {"status": "found", "application": expected}
    again = api(f"POST {path}", {"application": GIVEN}, 405)
    assert again == {"status": "exists", "error": "the application exists already"}
    modified = api(f"PUT {path}", {"application": {"state": "suspended", "redirect_url": None}})
    suspended = {**expected, "state": "suspended", "redirect_url": ""}
    assert modified == {"status": "modified", "application": suspended}
    refused = api.authrep(service, app_id="a b")
    assert refused.status_code == 409
    assert "<reason>application is not active</reason><plan>Gold &amp; Co</plan>" in refused.text
    assert api(f"DELETE {path}") == {"status": "deleted"}
    assert api.authrep(service, app_id="a b").status_code == 404
    api(f"DELETE {path}", status=404)
    assert api(f"PUT {path}", {"application": GIVEN}, 201)["status"] == "created"


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "application: must be an object"),
        ({"application": {}}, "state: is missing"),
        ({"application": {"state": " "}}, "state: is missing"),
        ({"application": {"state": "active", "plan_id": []}}, "plan_id: must be a text"),
        ({"application": {"state": "active", "plan_name": "n" * 256}}, "plan_name: must be"),
        ({"application": {"state": "active", "redirect_url": 5}}, "redirect_url: must be"),
        ({"application": {"state": "active", "redirect_url": "u" * 2049}}, "redirect_url: must"),
    ],
)
def test_an_application_that_is_not_as_it_should_be_is_refused(
    api: Api, method: str, body: object, error: str
) -> None:
    service = api.service()
    answer = api(f"{method} /services/{service}/applications/x", body, 400)
    assert answer["error"].startswith(error)
    api(f"GET /services/{service}/applications/x", status=404)


def test_an_id_that_no_call_could_name_is_refused(api: Api) -> None:
    service = api.service()
    path = f"/services/{service}/applications/{'x' * 256}"
    assert api(f"PUT {path}", {"application": GIVEN}, 400)["error"].startswith("id: must be a text")


def test_a_deleted_application_leaves_no_counters_to_its_namesake(api: Api) -> None:
    service = api.service(backend_version="2")
    api.limit(service, "eternity", 2)
    path = f"/services/{service}/applications/app"
    for _ in range(2):
        api.application(service)
        statuses = [api.authrep(service, app_id="app", usage_hits="1").status_code for _ in "123"]
        assert statuses == [200, 200, 409]
        api(f"DELETE {path}")


def test_several_are_saved_each_by_itself(api: Api) -> None:
    service = api.service(backend_version="1", referrer_filters_required=True)
    api.application(service, "old")
    items = [
        {
            "id": "new",
            "state": "active",
            "plan_id": "basic",
            "plan_name": "Basic",
            "user_key": "uk-batch",
            "application_keys": ["k1", "k2", "k1"],
            "referrer_filters": ["*.example.com"],
        },
        {"id": "old", "state": "suspended"},
        {"id": "bad"},
        {"state": "active"},
        "nonsense",
        {"id": "worse", "state": "active", "application_keys": [""]},
    ]
    answer = api(f"PUT /services/{service}/applications/batch", {"applications": items})
    lines = answer.pop("applications")
    assert answer == {"status": "completed", "total": 6, "successful": 2, "failed": 4}
    assert [line["status"] for line in lines] == ["created", "modified", *["error"] * 4]
    assert [line.get("error") for line in lines[2:]] == [
        "state: is missing",
        "id: is missing",
        "id: is missing",
        "application_keys: is missing",
    ]
    assert (lines[0]["id"], lines[0]["plan_name"], lines[1]["state"]) == (
        "new",
        "Basic",
        "suspended",
    )
    one = f"/services/{service}/applications/new"
    values = [key["value"] for key in api(f"GET {one}/keys/")["application_keys"]]
    assert values == ["k1", "k2"]
    assert api(f"GET {one}/referrer_filters")["referrer_filters"] == ["*.example.com"]
    allowed = api.authrep(service, user_key="uk-batch", referrer="www.example.com")
    assert allowed.status_code == 200
    assert api.authrep(service, user_key="uk-batch", referrer="example.org").status_code == 409
    api(f"GET /services/{service}/applications/worse", status=404)


@pytest.mark.parametrize(
    ("service", "items", "status"),
    [
        ("none", [{"id": "a", "state": "active"}], 404),
        ("", [], 400),
        ("", [{}] * (BATCH_MAX + 1), 400),
        ("", "a", 400),
        ("", None, 400),
    ],
    ids=["no service", "empty", "long", "text", "null"],
)
def test_a_batch_that_is_none_is_refused(
    api: Api, service: str, items: object, status: int
) -> None:
    path = f"PUT /services/{service or api.service()}/applications/batch"
    api(path, {"applications": items}, status)


def test_a_plan_without_limits_is_named_by_the_product(api: Api) -> None:
    """A call of a plan that its product does not name asks the store for the product each time."""
    service = api.service(backend_version="2")
    api.application(service, plan_id="free")
    with api.portal() as portal:
        product = portal.change(lambda draft: service_of(draft, service))
    assert set(product.plans) == {"free"}
    assert api.authrep(service, app_id="app", usage_hits="1").status_code == 200
