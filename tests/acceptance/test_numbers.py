"""What charts and bills are made of is, to the unit, what the upstream has seen."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from acceptance.conftest import Installation
from acceptance.ledger import ledger
from acceptance.traffic import Upstream
from acceptance.world import World, eventually
from acceptance.wrk import press

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


def test_a_crowd_is_recorded_as_the_upstream_has_seen_it(
    shared: Installation, world: World, upstream: Upstream, crowd: int
) -> None:
    product = world.product(api_backend=upstream.url)
    application = product.application(product.plan())
    product.serves(application["user_key"])
    began = time.monotonic()
    found = press(f"{product.urls['staging']}/?user_key={application['user_key']}", crowd)
    took_s = time.monotonic() - began
    assert found == {"answered": crowd, "refused": 0, "broken": 0}
    eventually(lambda: ledger(shared.of_processes, product.id).recorded >= crowd, "all is recorded")
    books = ledger(shared.of_processes, product.id)
    print(  # noqa: T201
        f"{crowd} calls in {took_s:.0f} s: {len(upstream.seen)} reached the upstream,"
        f" {books.counted} counted, {books.recorded} recorded"
    )
    assert len(upstream.seen) == books.counted == books.recorded == crowd
    assert books.agrees()


def test_answers_that_are_reported_are_recorded_by_code(
    shared: Installation, world: World, crowd: int
) -> None:
    product = world.product()
    key = product.application(product.plan())["user_key"]
    product.serves(key)
    asked = {"service_token": product.token(), "service_id": product.id, "user_key": key}
    for code in ("200", "404"):
        query = urlencode({**asked, "usage[hits]": 1, "log[code]": code})
        url = f"{world.platform['authority']}/transactions/authrep.xml?{query}"
        assert press(url, crowd) == {"answered": crowd, "refused": 0, "broken": 0}
    eventually(
        lambda: ledger(shared.of_processes, product.id).recorded >= 2 * crowd, "all is recorded"
    )
    books = ledger(shared.of_processes, product.id)
    assert books.counted == books.recorded == 2 * crowd
    assert books.responses == {200: crowd, 404: crowd}
