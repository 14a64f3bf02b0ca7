"""Mapping rules of products and of backends, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import mapping_rules
from tollway.portal.catalog.selectors import hits_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["product", "backend"])
def rules(request: pytest.FixtureRequest, acme: Provider) -> tuple[str, int]:
    """The path of an owner's rules, and a metric that they may count."""
    if request.param == "product":
        return f"/services/{acme.product.pk}/proxy/mapping_rules", acme.hits.pk
    hits = hits_of(acme.tenant, acme.backend)
    return f"/backend_apis/{acme.backend.pk}/mapping_rules", hits.pk


def rule(api: Api, rules: tuple[str, int], pattern: str, **fields: Any) -> Any:
    path, metric_id = rules
    body = {"http_method": "GET", "pattern": pattern, "delta": 1, "metric_id": metric_id, **fields}
    return api.json("POST", path, **body)["mapping_rule"]


def test_a_rule_is_made_changed_and_removed(api: Api, rules: tuple[str, int]) -> None:
    made = rule(api, rules, "/a/{id}", last="true", delta="2")
    assert (made["delta"], made["last"], made["pattern"]) == (2, True, "/a/{id}")
    one = f"{rules[0]}/{made['id']}"
    changed = api.json("PUT", one, **{**made, "last": "false", "http_method": "POST"})
    assert changed["mapping_rule"]["last"] is False
    assert api.json("PATCH", one, delta=5)["mapping_rule"]["delta"] == 5
    assert api.json("GET", one)["mapping_rule"]["http_method"] == "POST"
    api.json("DELETE", one)
    assert api.call("GET", f"{one}.json").status_code == 404


def test_positions_say_the_order_and_lists_stay_in_that_of_ids(
    api: Api, rules: tuple[str, int]
) -> None:
    first, second = rule(api, rules, "/a"), rule(api, rules, "/b")
    api.json("PUT", f"{rules[0]}/{second['id']}", position=1)
    listed = [r["mapping_rule"] for r in api.json("GET", rules[0])["mapping_rules"]]
    ours = {r["pattern"]: r["position"] for r in listed if r["id"] in {first["id"], second["id"]}}
    assert ours["/b"] < ours["/a"]
    assert [r["id"] for r in listed] == sorted(r["id"] for r in listed)


@pytest.mark.parametrize(
    ("field", "value"),
    [("http_method", "FETCH"), ("pattern", "no-slash"), ("delta", 0), ("delta", "x"),
     ("metric_id", 999999), ("metric_id", ""), ("position", "first")],
)  # fmt: skip
def test_what_a_rule_cannot_be_is_named(
    api: Api, rules: tuple[str, int], field: str, value: object
) -> None:
    path, metric_id = rules
    body = {"http_method": "GET", "pattern": "/", "delta": 1, "metric_id": metric_id, field: value}
    response = api.call("POST", f"{path}.json", body)
    assert (response.status_code, list(errors_of(response))) == (422, [field])


def test_a_products_rule_may_count_a_metric_of_a_backend_it_uses(api: Api, acme: Provider) -> None:
    hits = hits_of(acme.tenant, acme.backend)
    made = rule(api, (f"/services/{acme.product.pk}/proxy/mapping_rules", hits.pk), "/x")
    assert made["metric_id"] == hits.pk
    backends = f"/backend_apis/{acme.backend.pk}/mapping_rules.json"
    body = {"http_method": "GET", "pattern": "/", "delta": 1, "metric_id": acme.hits.pk}
    assert list(errors_of(api.call("POST", backends, body))) == ["metric_id"]


def test_the_command_lines_address_of_a_rule_works_too(api: Api, acme: Provider) -> None:
    rules = (f"/services/{acme.product.pk}/proxy/mapping_rules", acme.hits.pk)
    made = rule(api, rules, "/a")
    alias = f"/services/{acme.product.pk}/mapping_rules/{made['id']}"
    body = {"mapping_rule": {"delta": 7}}
    assert api.call("PATCH", f"{alias}.json", body).status_code == 200
    assert api.json("GET", f"{rules[0]}/{made['id']}")["mapping_rule"]["delta"] == 7
    paths = [operation.path for operation in mapping_rules.OPERATIONS]
    assert len(paths) - len(set(paths)) == 6
