"""The two books of a running platform: what the store has counted, and what is recorded in SQL.

They are read in a process of its own, with the platform's settings: ``python ledger.py PRODUCT``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

TESTS = Path(__file__).parent.parent


class Entry(Struct, frozen=True):
    """Hits of one application, of all time: in its counter, and in the usage rows."""

    counted: int
    recorded: int


class Ledger(Struct, frozen=True):
    """``recorded``: all hits of the product. ``responses``: answers that were reported, by code."""

    applications: Mapping[int, Entry]
    recorded: int
    responses: Mapping[int, int]

    @property
    def counted(self) -> int:
        return sum(entry.counted for entry in self.applications.values())

    def agrees(self) -> bool:
        alike = all(entry.counted == entry.recorded for entry in self.applications.values())
        return alike and self.counted == self.recorded


def ledger(environ: Mapping[str, str], product: int) -> Ledger:
    """Read both books of a product, with the environment of the platform's processes."""
    read = subprocess.run(
        [sys.executable, __file__, str(product)],
        env={**environ, "PYTHONPATH": str(TESTS), "DJANGO_SETTINGS_MODULE": SETTINGS},
        capture_output=True, check=False,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr.decode()
    return msgspec.json.decode(read.stdout, type=Ledger)


SETTINGS = "tollway.portal.settings"


def main(product_id: int) -> None:
    import django

    django.setup()
    from tollway import clock, config
    from tollway.core.series import QUARTER_S, quarter_of
    from tollway.portal.analytics import selectors
    from tollway.portal.catalog.models import Product
    from tollway.portal.catalog.selectors import hits_of
    from tollway.store.usage import Question, UsageStreams

    now = clock.now()
    always = {"since": 0, "until": quarter_of(now) + QUARTER_S}
    product = Product.objects.get(pk=product_id)
    tenant = product.tenant
    hits = hits_of(tenant, product)
    usage = selectors.usage_of(tenant, product=product, metric=hits)
    recorded = selectors.totals_by("application_id", usage, **always)
    codes = selectors.totals_by("code", selectors.responses_of(tenant, product=product), **always)

    applications = list(product.applications.order_by("pk"))
    streams = UsageStreams.connect(config.load(os.environ).valkey_url)
    metrics = [str(hits.pk)]
    cells = streams.counters(
        [Question(str(product.pk), each.application_id, metrics) for each in applications], at=now
    )
    streams.close()
    found = Ledger(
        {
            each.pk: Entry(cell.used[-1], recorded.get(each.pk, 0))
            for each, (cell,) in zip(applications, cells, strict=True)
        },
        sum(recorded.values()),
        codes,
    )
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
