from __future__ import annotations

import msgspec

from authority.published import product
from authority.test_service import ACME
from tollway.authority import cases
from tollway.authority.answers import Rejected
from tollway.authority.cases import Case, Products

PAIRS = (("v2", "1"),)


def test_a_product_is_prepared_once_per_snapshot() -> None:
    products = Products()
    first, again = product(ACME), product(ACME)
    prepared = products.prepared(first)
    assert products.prepared(first) is products.prepared(again) is prepared
    assert prepared.plan("basic") is prepared.plan("basic")
    changed = msgspec.structs.replace(first, state="suspended")
    assert not products.prepared(changed).active


def test_as_many_products_are_kept_as_are_allowed() -> None:
    products = Products()
    for number in range(cases.PRODUCTS_MAX + 5):
        products.prepared(msgspec.structs.replace(product(ACME), id=str(number), metrics=[]))
    assert len(products._kept) == cases.PRODUCTS_MAX


def test_without_a_body_only_the_cells_that_matter_are_read() -> None:
    prepared = Products().prepared(product(ACME))
    for whole, metrics in ((True, ["2", "1"]), (False, ["2"])):
        case = cases.case(prepared, prepared.plan("basic"), PAIRS, flat=False, whole=whole)
        assert isinstance(case, Case)
        assert [entry.metric for entry in case.adding] == metrics
        assert [entry.metric for entry in case.looking] == metrics


def test_a_fault_is_found_again_as_fast() -> None:
    prepared = Products().prepared(product(ACME))
    plan = prepared.plan("gone")
    wrong = (("v2", "one"),)
    fault = cases.case(prepared, plan, wrong, flat=False, whole=True)
    assert isinstance(fault, Rejected)
    assert cases.case(prepared, plan, wrong, flat=False, whole=True) is fault


def test_only_short_usages_are_kept() -> None:
    prepared = Products().prepared(product(ACME))
    plan = prepared.plan("gone")
    long = (("v" * (cases.KEPT_CHARS_MAX + 1), "1"),)
    faults = [cases.case(prepared, plan, long, flat=False, whole=True) for _ in range(2)]
    assert faults[0] == faults[1]
    assert faults[0] is not faults[1]
