"""The dashboard's table of products: those with the most calls first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Count
from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import BackendUsage, Product
from tollway.portal.console import places
from tollway.portal.console.dashboard.attention import Versions
from tollway.portal.console.dashboard.numbers import condensed
from tollway.portal.console.dashboard.traffic import Day
from tollway.portal.console.sight import Sight

SHOWN = 8
POINTS = 24


class Row(Struct, frozen=True):
    """``state`` and ``level`` say what production runs: a word, and "go", "wait" or ""."""

    pk: int
    name: str
    backends: str
    calls: int
    trend: Sequence[int]
    applications: int
    state: str
    level: str
    url: str


def busiest(names: Mapping[int, str], day: Day) -> list[int]:
    """Return the products to show: by calls, then by name."""
    order = sorted(names, key=lambda pk: (-day.by_product.get(pk, 0), names[pk].lower(), pk))
    return order[:SHOWN]


def rows(
    sight: Sight, names: Mapping[int, str], day: Day, versions: Mapping[int, Versions]
) -> list[Row]:
    """Return a row for each of the products to show: three queries, however many there are."""
    shown = busiest(names, day)
    with_gateway = {
        product.pk: product.has_gateway or product.in_service_mesh
        for product in Product.objects.filter(tenant=sight.tenant, pk__in=shown)
    }
    backends = _backends(sight, shown)
    applications = _applications(shown)
    found = []
    for pk in shown:
        state, level = production_state(versions.get(pk, Versions()))
        if not with_gateway.get(pk, True):
            state, level = "Code plugin", ""
        calls = day.by_product.get(pk, 0)
        found.append(
            Row(
                pk=pk,
                name=names[pk],
                backends=", ".join(backends.get(pk, [])) or "No backend yet",
                calls=calls,
                trend=condensed(day.of_product(pk), POINTS) if calls else (),
                applications=applications.get(pk, 0),
                state=state,
                level=level,
                url=places.product(pk),
            )
        )
    return found


def production_state(versions: Versions) -> tuple[str, str]:
    """Put versions into a word and a level.

    >>> production_state(Versions(5, 4)), production_state(Versions(1, None))
    (('v4, v5 waits', 'wait'), ('Not promoted', ''))
    """
    if versions.production is None:
        return "Not promoted", ""
    if versions.waits:
        return f"v{versions.production}, v{versions.staging} waits", "wait"
    return f"v{versions.production}", "go"


def _backends(sight: Sight, shown: Sequence[int]) -> dict[int, list[str]]:
    usages = BackendUsage.objects.filter(tenant=sight.tenant, product__in=shown).order_by("id")
    found: dict[int, list[str]] = {}
    for product, name in usages.values_list("product_id", "backend__name"):
        found.setdefault(product, []).append(name)
    return found


def _applications(shown: Sequence[int]) -> dict[int, int]:
    # Without the tenant, whose products these are: so one index has all that is asked for.
    counted = Application.objects.filter(product__in=shown).order_by().values_list("product_id")
    return dict(counted.annotate(count=Count("pk")))
