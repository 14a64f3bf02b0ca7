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
        ("state_event", "explode", "is not included in the list"),
        ("notification_settings", "all", "must be an object of names and values"),
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


def test_a_product_moves_by_state_events(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}"
    assert api.json("PUT", path, state_event="publish")["service"]["state"] == "published"
    response = api.call("PUT", f"{path}.json", {"state_event": "publish"})
    assert (response.status_code, errors_of(response)) == (
        422, {"state": ['cannot transition via "publish"']},
    )  # fmt: skip
    made = api.json("POST", "/services", name="X", state_event="hide")["service"]
    assert made["state"] == "hidden"


def test_alerts_are_set_by_channel_in_json_and_in_forms(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}"
    levels = {"web_provider": [50, 100], "email_provider": [], "web_buyer": [], "email_buyer": []}
    changed = api.json("PUT", path, notification_settings={"web_provider": ["50", 100]})["service"]
    assert changed["notification_settings"] == levels
    assert api.json("PUT", path, **changed)["service"]["notification_settings"] == levels
    form = "service[notification_settings][email_buyer][]=80&service[name]=New"
    url = f"/admin/api{path}.json?access_token={api.token}"
    answer = api.send("PUT", url, form, "application/x-www-form-urlencoded").json()["service"]
    assert answer["notification_settings"] == {
        name: [80] * (name == "email_buyer") for name in levels
    }
    wrongs: list[object] = ["51", "²", "", [], {"80": 80}]
    for wrong in wrongs:
        response = api.call(
            "PUT", f"{path}.json", {"notification_settings": {"web_buyer": [wrong, 7]}}
        )
        assert (response.status_code, list(errors_of(response))) == (422, ["notification_settings"])


def test_a_product_and_a_backend_are_annotated(api: Api, acme: Provider) -> None:
    for entity, path in (
        ("service", f"/services/{acme.product.pk}"),
        ("backend_api", f"/backend_apis/{acme.backend.pk}"),
    ):
        noted = api.json("PUT", path, annotations={"managed_by": "operator"})[entity]
        assert noted["annotations"] == {"managed_by": "operator"}
        assert api.json("PUT", path, **noted)[entity]["annotations"] == noted["annotations"]
        response = api.call("PUT", f"{path}.json", {"annotations": {"managed by": "x"}})
        assert (response.status_code, list(errors_of(response))) == (422, ["annotations"])


def test_help_is_to_be_had_from_the_tenant_where_a_product_has_no_address(
    api: Api, acme: Provider
) -> None:
    acme.tenant.support_email = "help@acme.example"
    acme.tenant.save()
    path = f"/services/{acme.product.pk}"
    shown = api.json("GET", path)["service"]
    assert shown["support_email"] == "help@acme.example"
    api.json("PUT", path, **shown)
    acme.product.refresh_from_db()
    assert acme.product.support_email == ""


def test_applications_get_what_another_mode_asks_for(api: Api, acme: Provider) -> None:
    api.json("PUT", f"/services/{acme.product.pk}", backend_version="2")
    path = f"/accounts/{acme.account.pk}/applications/{acme.application.pk}"
    assert len(api.json("GET", f"{path}/keys")["keys"]) == 1
    assert "user_key" not in api.json("GET", path)["application"]


@pytest.mark.parametrize("option", ["service_mesh_istio", "plugin_rest"])
def test_without_a_gateway_there_are_no_addresses(api: Api, acme: Provider, option: str) -> None:
    path = f"/services/{acme.product.pk}"
    api.json("PUT", path, deployment_option=option)
    proxy = api.json("GET", f"{path}/proxy")["proxy"]
    assert (proxy["endpoint"], proxy["sandbox_endpoint"]) == (None, None)
    other = api.json("POST", "/backend_apis", name="Other", private_endpoint="http://o.test")
    body = {"backend_api_id": other["backend_api"]["id"], "path": "/other"}
    response = api.call("POST", f"{path}/backend_usages.json", body)
    assert (response.status_code, list(errors_of(response))) == (422, ["base"])


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
