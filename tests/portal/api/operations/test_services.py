"""Products and the backends they use, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import services

pytestmark = pytest.mark.django_db


def test_a_new_product_has_all_that_a_gateway_needs(api: Api) -> None:
    made = api.json("POST", "/services", name="Buses", description="Where they are")["service"]
    path = f"/services/{made['id']}"
    assert (made["system_name"], made["backend_version"]) == ("buses", "1")
    metrics = api.json("GET", f"{path}/metrics")["metrics"]
    assert [m["metric"]["system_name"] for m in metrics] == ["hits"]
    (rule,) = api.json("GET", f"{path}/proxy/mapping_rules")["mapping_rules"]
    assert (rule["mapping_rule"]["pattern"], rule["mapping_rule"]["http_method"]) == ("/", "GET")
    assert api.json("GET", f"{path}/proxy")["proxy"]["credentials_location"] == "query"


def test_two_products_cannot_share_a_system_name(api: Api, acme: Provider) -> None:
    response = api.call("POST", "/services.json", {"name": "X", "system_name": "api"})
    assert response.status_code == 422
    assert errors_of(response) == {"system_name": ["has already been taken"]}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("backend_version", "3", "is not included in the list"),
        ("deployment_option", "cloud", "is not included in the list"),
        ("support_email", "nobody", "is invalid"),
        ("mandatory_app_key", "perhaps", "must be true or false"),
        ("name", "", "can't be blank"),
    ],
)
def test_what_a_product_cannot_be_is_named_and_changes_nothing(
    api: Api, acme: Provider, field: str, value: str, message: str
) -> None:
    path = f"/services/{acme.product.pk}"
    before = api.json("GET", path)
    response = api.call("PUT", f"{path}.json", {"description": "Changed", field: value})
    assert (response.status_code, errors_of(response)) == (422, {field: [message]})
    assert api.json("GET", path) == before


def test_the_last_product_stays(api: Api, acme: Provider) -> None:
    another = acme.another_product()
    assert api.call("DELETE", f"/services/{another.pk}.json").status_code == 200
    response = api.call("DELETE", f"/services/{acme.product.pk}.json")
    assert response.status_code == 403
    assert errors_of(response)["base"]


def test_a_backend_is_used_below_a_path(api: Api, acme: Provider) -> None:
    usages = f"/services/{acme.product.pk}/backend_usages"
    stops = api.json(
        "POST", "/backend_apis", name="Stops", private_endpoint="https://stops.example"
    )
    backend_id = stops["backend_api"]["id"]
    made = api.json("POST", usages, backend_api_id=backend_id, path="/stops/")["backend_usage"]
    assert (made["path"], made["backend_id"]) == ("/stops", backend_id)
    assert "backend_api_id" not in made
    listed = api.json("GET", usages)
    assert [u["backend_usage"]["path"] for u in listed] == ["/", "/stops"]
    moved = api.json("PUT", f"{usages}/{made['id']}", path="halts", backend_api_id=99)
    assert moved["backend_usage"]["path"] == "/halts"
    assert api.json("PUT", f"{usages}/{made['id']}", backend_id=1) == moved
    taken = api.call("PUT", f"{usages}/{made['id']}.json", {"path": "/"})
    assert (taken.status_code, errors_of(taken)) == (422, {"path": ["has already been taken"]})
    assert api.call("DELETE", f"{usages}/{made['id']}.json").status_code == 200
    assert len(api.json("GET", usages)) == 1


def test_a_system_name_can_be_chosen_once_only() -> None:
    chosen = {
        operation.method
        for operation in services.OPERATIONS
        if "system_name" in {param.name for param in operation.params}
    }
    assert chosen == {"POST"}
