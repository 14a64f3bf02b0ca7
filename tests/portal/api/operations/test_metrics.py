"""Metrics and methods of products and of backends, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import metrics
from tollway.portal.catalog.selectors import hits_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["product", "backend"])
def owner(request: pytest.FixtureRequest, acme: Provider) -> tuple[str, int, str]:
    """The path of an owner, the id of its hits, and what its metrics' names end with."""
    if request.param == "product":
        return f"/services/{acme.product.pk}", acme.hits.pk, ""
    hits = hits_of(acme.tenant, acme.backend)
    return f"/backend_apis/{acme.backend.pk}", hits.pk, f".{acme.backend.pk}"


def test_a_metric_is_made_changed_and_removed(api: Api, owner: tuple[str, int, str]) -> None:
    path, _, suffix = owner
    fields = {"friendly_name": "Map tiles", "unit": "tile", "description": "256 pixels"}
    made = api.json("POST", f"{path}/metrics", **fields)["metric"]
    assert made["system_name"] == f"map_tiles{suffix}"
    assert "parent_id" not in made
    one = f"{path}/metrics/{made['id']}"
    changed = api.json("PUT", one, **{**made, "unit": "tiles"})["metric"]
    assert (changed["unit"], changed["system_name"]) == ("tiles", made["system_name"])
    api.json("DELETE", one)
    assert api.call("GET", f"{one}.json").status_code == 404


def test_a_method_stands_below_hits(api: Api, owner: tuple[str, int, str]) -> None:
    path, hits, suffix = owner
    methods = f"{path}/metrics/{hits}/methods"
    made = api.json("POST", methods, friendly_name="Search", system_name="search")["method"]
    assert (made["parent_id"], made["system_name"]) == (hits, f"search{suffix}")
    assert [m["method"]["id"] for m in api.json("GET", methods)["methods"]] == [made["id"]]
    listed = api.json("GET", f"{path}/metrics")["metrics"]
    assert [m["metric"].get("parent_id") for m in listed] == [None, hits]
    api.json("PUT", f"{methods}/{made['id']}", friendly_name="Find")
    assert api.json("GET", f"{methods}/{made['id']}")["method"]["friendly_name"] == "Find"
    api.json("DELETE", f"{methods}/{made['id']}")
    assert api.json("GET", methods)["methods"] == []


def test_a_method_is_found_below_its_own_metric_only(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/metrics"
    method = api.json("POST", f"{path}/{acme.hits.pk}/methods", friendly_name="A")["method"]["id"]
    other = api.json("POST", path, friendly_name="B", unit="1")["metric"]["id"]
    assert api.call("GET", f"{path}/{other}/methods/{method}.json").status_code == 404
    assert api.call("GET", f"{path}/{method}/methods.json").status_code == 404
    refused = api.call("POST", f"{path}/{other}/methods.json", {"friendly_name": "C"})
    assert (refused.status_code, list(errors_of(refused))) == (422, ["parent_id"])


def test_what_is_missing_or_taken_is_named(api: Api, owner: tuple[str, int, str]) -> None:
    path, hits, _ = owner
    missing = api.call("POST", f"{path}/metrics.json", {})
    assert errors_of(missing) == {
        "friendly_name": ["can't be blank"], "unit": ["can't be blank"],
    }  # fmt: skip
    body = {"friendly_name": "X", "system_name": "hits", "unit": "1"}
    taken = api.call("POST", f"{path}/metrics.json", body)
    assert errors_of(taken)["system_name"] == ["has already been taken"]
    assert errors_of(api.call("POST", f"{path}/metrics/{hits}/methods.json", {})) == {
        "friendly_name": ["can't be blank"]
    }


def test_a_metric_s_system_name_may_come_by_the_older_word(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/metrics"
    for number, words in enumerate(({"name": "one"}, {"name": "x", "system_name": "two"})):
        made = api.json("POST", path, friendly_name=f"F{number}", unit="call", **words)["metric"]
        assert made["system_name"] == made["name"] == ("one", "two")[number]


def test_backends_lists_come_in_pages_and_products_do_not() -> None:
    for operation in metrics.OPERATIONS:
        if operation.many:
            assert operation.paginated is ("backend_apis" in operation.path)
