"""Backends, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import backends

pytestmark = pytest.mark.django_db


def test_a_backend_gets_its_port_and_its_hits(api: Api) -> None:
    fields = {"name": "Stops", "private_endpoint": "https://stops.example"}
    made = api.json("POST", "/backend_apis", **fields)["backend_api"]
    assert made["private_endpoint"] == "https://stops.example:443"
    (hits,) = api.json("GET", f"/backend_apis/{made['id']}/metrics")["metrics"]
    assert hits["metric"]["system_name"] == f"hits.{made['id']}"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("", "can't be blank"),
        ("ftp://x.example", "must start with"),
        ("http://localhost", "can't be localhost"),
        ("http://127.0.0.1:80", "can't be localhost"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(api: Api, endpoint: str, message: str) -> None:
    response = api.call("POST", "/backend_apis.json", {"name": "X", "private_endpoint": endpoint})
    assert response.status_code == 422
    assert message in errors_of(response)["private_endpoint"][0]


def test_a_backend_in_use_stays(api: Api, acme: Provider) -> None:
    path = f"/backend_apis/{acme.backend.pk}"
    response = api.call("DELETE", f"{path}.json")
    assert response.status_code == 403
    assert errors_of(response)["base"]
    (usage,) = api.json("GET", f"/services/{acme.product.pk}/backend_usages")
    usages = f"/services/{acme.product.pk}/backend_usages/{usage['backend_usage']['id']}"
    api.json("DELETE", usages)
    assert api.call("DELETE", f"{path}.json").status_code == 200
    assert api.call("GET", f"{path}.json").status_code == 404


def test_backends_exist_in_json_only() -> None:
    assert all(operation.json_only for operation in backends.OPERATIONS if operation.resource)
