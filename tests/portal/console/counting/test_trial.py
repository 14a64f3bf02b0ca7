"""The tester's matching: what is typed, what NGINX makes of it, and what is counted where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from portal.people import BY, Provider
from tollway.portal.catalog import documents
from tollway.portal.catalog.models import Metric
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_mapping_rule,
    create_method,
    create_metric,
    delete_mapping_rule,
    update_backend_usage,
)
from tollway.portal.console.counting import trial
from tollway.portal.console.counting.effects import tree_of
from tollway.portal.console.counting.trial import CallError, Trial, normalised, read_call

PATHS = [
    ("/v1/test", b"/v1/test"),
    ("/", b"/"),
    ("//v1///test//", b"/v1/test/"),
    ("/a/./b/../c", b"/a/c"),
    ("/a/b/..", b"/a/"),
    ("/a/.", b"/a/"),
    ("/%66oo%2Fbar", b"/foo/bar"),
    ("/%2e%2E/".replace("/%2e", "/x/%2e", 1), b"/"),
    ("/z\u00fcrich", "/z\u00fcrich".encode()),
]


@pytest.mark.parametrize(("typed", "path"), PATHS)
def test_a_path_is_brought_into_the_form_that_nginx_has_it_in(typed: str, path: bytes) -> None:
    assert normalised(typed) == path


REFUSED = [
    ("GET", "v1/test", "Must start with /"),
    ("GET", "http://[/v1", "Is not a URL: its host cannot be read"),
    ("GET", "", "Must start with /"),
    ("GET", "/a b", "May not contain spaces. Write %20"),
    ("GET", "/..", "Leads above the root: NGINX answers 400"),
    ("GET", "/100%", "Has %00, or a % without two hexadecimal digits: NGINX answers 400"),
    ("GET", "/%00", "Has %00, or a % without two hexadecimal digits: NGINX answers 400"),
    ("", "/", "Choose a method"),
    ("GET", "/" + "a" * 5000, "Use at most 4,096 characters"),
]


@pytest.mark.parametrize(("method", "typed", "message"), REFUSED)
def test_what_is_no_call_is_said_to_be_none(method: str, typed: str, message: str) -> None:
    with pytest.raises(CallError, match="^" + message[:12]) as refusal:
        read_call(method, typed)
    assert str(refusal.value) == message


def test_a_whole_address_may_be_pasted() -> None:
    call = read_call("get", "http://api-2.gateway.localhost:8081/v1/z\u00fcrich?x=1#part")
    assert (call.method, call.path, call.query) == ("GET", "/v1/z%C3%BCrich", "x=1")


def tried(provider: Provider, target: str, method: str = "GET") -> Trial:
    document = documents.service_document(provider.product)
    rules, tree = trial.rules_of(document), tree_of(provider.product)
    return trial.try_call(read_call(method, target), rules, tree, document)


def counts(found: Trial) -> Mapping[str, int]:
    return {count.name: count.units for count in found.counts}


@pytest.fixture
def seed(acme: Provider) -> Provider:
    """The mappings of the quick start: v1, v2, and test, which is a method."""
    [default] = acme.product.mapping_rules.all()
    delete_mapping_rule(default, by=BY)

    def rule(pattern: str, metric: Metric, **fields: Any) -> None:
        fields = {"http_method": "GET", "delta": 1, **fields}
        create_mapping_rule(acme.product, by=BY, pattern=pattern, metric=metric, **fields)

    v1, v2 = (
        create_metric(acme.product, by=BY, friendly_name=name, unit="call") for name in ("v1", "v2")
    )
    rule("/v1", v1)
    rule("/v2", v2)
    rule("/{version}/test", create_method(acme.product, by=BY, friendly_name="test"))
    return acme


@pytest.mark.django_db
def test_the_quick_starts_calls_count_as_it_says(seed: Provider) -> None:
    assert counts(tried(seed, "/v1/test")) == {"v1": 1, "test": 1, "hits": 1}
    assert counts(tried(seed, "/noversion/test")) == {"test": 1, "hits": 1}
    missing = tried(seed, "/missing")
    assert (missing.hits, missing.matched) == ((), False)
    assert not tried(seed, "/v1/test", "POST").matched


@pytest.mark.django_db
def test_what_a_metric_counts_through_its_methods_is_said(seed: Provider) -> None:
    through = {count.name: count.through for count in tried(seed, "/v1/test").counts}
    assert through == {"v1": (), "test": (), "hits": ("test",)}


@pytest.mark.django_db
def test_rules_are_told_in_their_order_up_to_the_last(acme: Provider) -> None:
    rule: dict[str, Any] = {"http_method": "GET", "metric": acme.hits, "delta": 2}
    create_mapping_rule(acme.product, by=BY, pattern="/v1", last=True, position=1, **rule)
    create_mapping_rule(acme.product, by=BY, pattern="/v1", **rule)
    found = tried(acme, "/v1")
    assert [(hit.rule.pattern, hit.rule.last) for hit in found.hits] == [("/v1", True)]
    assert counts(found) == {"hits": 2}


@pytest.mark.django_db
def test_query_conditions_hold(acme: Provider) -> None:
    [default] = acme.product.mapping_rules.all()
    delete_mapping_rule(default, by=BY)
    create_mapping_rule(
        acme.product, by=BY, http_method="GET", pattern="/s?q={q}&f=csv", metric=acme.hits, delta=1
    )
    assert tried(acme, "/s?f=csv&q=x&more").matched
    assert not tried(acme, "/s?f=xml&q=x").matched


@pytest.mark.django_db
def test_with_several_backends_only_rules_of_the_one_that_answers_count(acme: Provider) -> None:
    other = create_backend(acme.tenant, by=BY, name="Stock", private_endpoint="http://stock.test")
    create_backend_usage(acme.product, by=BY, backend=other, path="/stock")
    for backend, pattern in ((acme.backend, "/stock"), (other, "/item")):
        create_mapping_rule(
            backend,
            by=BY,
            http_method="GET",
            pattern=pattern,
            metric=backend.metrics.get(),
            delta=3,
        )
    found = tried(acme, "/stock/item")
    of_backend = f"hits.{other.pk}"
    assert [hit.counts for hit in found.hits] == [True, False, True]
    assert counts(found) == {"hits": 4, of_backend: 3}
    assert {count.name: count.through for count in found.counts}["hits"] == (of_backend,)
    assert counts(tried(acme, "/stockings")) == {"hits": 4, f"hits.{acme.backend.pk}": 3}
    [usage] = acme.product.backend_usages.filter(backend=acme.backend)
    update_backend_usage(usage, by=BY, path="/else")
    nowhere = tried(acme, "/nowhere")
    assert (nowhere.matched, nowhere.served) == (True, False)


@pytest.mark.django_db
def test_a_path_that_others_read_differently_is_never_let_through(acme: Provider) -> None:
    for target in ("/a/..;/b", "/a%5C..%5Cb"):
        found = tried(acme, target)
        assert (found.ambiguous, found.matched) == (True, False)


@pytest.mark.django_db
def test_a_backend_by_itself_is_tried_with_its_own_rules(acme: Provider) -> None:
    hits = acme.backend.metrics.get()
    create_mapping_rule(
        acme.backend, by=BY, http_method="GET", pattern="/item", metric=hits, delta=1
    )
    rules, tree = trial.rules_of_backend(acme.backend), tree_of(acme.backend)
    found = trial.try_call(read_call("GET", "/item/7"), rules, tree, trial.ALONE)
    assert (counts(found), found.served) == ({hits.wire_name: 1}, True)
