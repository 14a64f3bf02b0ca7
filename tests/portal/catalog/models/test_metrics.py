"""Metrics, by what follows from their columns."""

from __future__ import annotations

from tollway.portal.catalog.models.metrics import HITS, Metric


def test_a_metric_of_a_backend_carries_its_id_on_the_wire() -> None:
    assert Metric(product_id=1, system_name="v1").wire_name == "v1"
    assert Metric(backend_id=7, system_name="v1").wire_name == "v1.7"


def test_hits_is_the_metric_at_the_top_not_a_method_of_that_name() -> None:
    assert Metric(product_id=1, system_name=HITS).is_hits
    assert not Metric(product_id=1, system_name=HITS, parent_id=1).is_hits
