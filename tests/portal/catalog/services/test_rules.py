"""Mapping rules: what is accepted, and in which order they stand."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import MappingRule
from tollway.portal.catalog.services import create_metric
from tollway.portal.catalog.services import rules as services


def add(acme: Provider, pattern: str, **fields: Any) -> MappingRule:
    given = {"metric": acme.hits, "http_method": "GET", "delta": 1, **fields}
    return services.create_mapping_rule(acme.product, by=BY, pattern=pattern, **given)


def order(acme: Provider) -> list[tuple[int, str]]:
    rules = selectors.mapping_rules_of(acme.tenant, acme.product)
    return [(rule.position, rule.pattern) for rule in rules]


def test_rules_keep_the_order_in_which_they_were_put(acme: Provider) -> None:
    b = add(acme, "/b")
    add(acme, "/c")
    assert order(acme) == [(1, "/"), (2, "/b"), (3, "/c")]
    add(acme, "/first", position=1)
    assert order(acme) == [(1, "/first"), (2, "/"), (3, "/b"), (4, "/c")]
    services.update_mapping_rule(b, by=BY, position=4)
    assert order(acme) == [(1, "/first"), (2, "/"), (3, "/c"), (4, "/b")]
    services.update_mapping_rule(b, by=BY, position=-5)
    assert order(acme)[0] == (1, "/b")
    add(acme, "/last", position=99)
    assert order(acme)[-1] == (5, "/last")


def test_a_change_keeps_the_rest(acme: Provider) -> None:
    rule = add(acme, "/b", last=True)
    other = create_metric(acme.product, by=BY, friendly_name="Other", unit="1")
    services.update_mapping_rule(rule, by=BY, metric=other, delta="7", http_method="POST")
    rule.refresh_from_db()
    assert (rule.metric, rule.delta, rule.http_method) == (other, 7, "POST")
    assert (rule.pattern, rule.last, rule.position) == ("/b", True, 2)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"delta": 0}, {"delta": ["must be greater than 0"]}),
        ({"delta": -1}, {"delta": ["must be greater than 0"]}),
        ({"delta": "much"}, {"delta": ["is not a number"]}),
        ({"http_method": "ANY"}, {"http_method": ["is not included in the list"]}),
        ({"http_method": ""}, {"http_method": ["can't be blank"]}),
        ({"pattern": ""}, {"pattern": ["can't be blank"]}),
        ({"pattern": "no-slash"}, {"pattern": ["must start with /"]}),
        ({"metric": None}, {"metric_id": ["can't be blank"]}),
        ({"position": "first"}, {"position": ["is not a number"]}),
    ],
)
def test_a_rule_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"pattern": "/x", **fields}
    with pytest.raises(ValidationError) as failed:
        add(acme, given.pop("pattern"), **given)
    assert failed.value.message_dict == errors
    assert order(acme) == [(1, "/")]


def test_a_rule_counts_metrics_of_its_owner_or_of_a_backend_in_use(
    acme: Provider, globex: Provider
) -> None:
    of_backend = selectors.hits_of(acme.tenant, acme.backend)
    assert add(acme, "/a", metric=of_backend).metric == of_backend
    of_another = selectors.hits_of(acme.tenant, acme.another_product())
    for foreign in (of_another, globex.hits):
        with pytest.raises(ValidationError, match="must belong to the product"):
            add(acme, "/b", metric=foreign)
    with pytest.raises(ValidationError, match="must belong to the product"):
        services.create_mapping_rule(
            acme.backend, by=BY, metric=acme.hits, http_method="GET", pattern="/", delta=1
        )


def test_a_backend_has_rules_of_its_own(acme: Provider) -> None:
    hits = selectors.hits_of(acme.tenant, acme.backend)
    rule = services.create_mapping_rule(
        acme.backend, by=BY, metric=hits, http_method="GET", pattern="/x", delta=1
    )
    assert list(selectors.mapping_rules_of(acme.tenant, acme.backend)) == [rule]
    assert order(acme) == [(1, "/")]
    services.delete_mapping_rule(rule, by=BY)
    assert not selectors.mapping_rules_of(acme.tenant, acme.backend).exists()
