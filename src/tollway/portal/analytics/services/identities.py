"""Whose usage it is: from the ids of the wire to rows, whether they are still there or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from tollway.portal.analytics.models import Meter
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Product

NOBODY = 0  # the application of usage that nobody is known for any more
_CHUNK = 400
_ID_MAX = 2**63 - 1

Name = tuple[int, str]
"""A product's id, and an application's id on the wire."""


class Who(Struct, frozen=True):
    """To whom usage is recorded, all by ids."""

    tenant_id: int
    product_id: int
    account_id: int | None
    application_id: int


class Known(Struct, frozen=True):
    """``who`` for each name that means something, and the applications that are still there."""

    who: Mapping[Name, Who]
    applications: Mapping[Name, Application]
    unmetered: Sequence[Meter]  # to be saved: what they meter was not known, or is another now


def number(text: str) -> int | None:
    """Return the id that a wire id stands for; None if it cannot be one of the portal's."""
    if not (text.isascii() and text.isdigit()) or int(text) > _ID_MAX:
        return None
    return int(text)


def identify(names: Collection[Name]) -> Known:
    """Find out whose these are.

    An application that is gone is known by its meter. One that went before it was ever metered is
    recorded to its product, for nobody; what belongs to no product of the portal's is left out.
    """
    applications: dict[Name, Application] = {}
    meters: dict[Name, Meter] = {}
    for chunk in _chunks(sorted(names)):
        # More than was named, if ids are alike in several products.
        products, wire_ids = {name[0] for name in chunk}, {name[1] for name in chunk}
        found = Application.objects.filter(product__in=products, application_id__in=wire_ids)
        for each in found.select_related("product", "plan"):
            applications[each.product_id, each.application_id] = each
        for meter in Meter.objects.filter(product_id__in=products, name__in=wire_ids):
            meters[meter.product_id, meter.name] = meter
    who, unmetered = {}, []
    for name in names & applications.keys():
        who[name] = _who(applications[name])
        if name not in meters or meters[name].application_id != applications[name].pk:
            unmetered.append(_meter(applications[name]))
    for name in (names & meters.keys()) - applications.keys():
        meter = meters[name]
        who[name] = Who(meter.tenant_id, name[0], meter.account_id, meter.application_id)
    return Known(
        {**who, **_nobody(set(names) - who.keys())},
        {name: each for name, each in applications.items() if name in who},
        unmetered,
    )


def save_meters(meters: Sequence[Meter]) -> None:
    Meter.objects.bulk_create(
        meters,
        update_conflicts=True,
        unique_fields=["product_id", "name"],
        update_fields=["tenant", "application_id", "account_id"],
    )


def _who(application: Application) -> Who:
    return Who(
        application.tenant_id, application.product_id, application.account_id, application.pk
    )


def _meter(application: Application) -> Meter:
    return Meter(
        tenant_id=application.tenant_id,
        product_id=application.product_id,
        name=application.application_id,
        application_id=application.pk,
        account_id=application.account_id,
    )


def _nobody(names: Collection[Name]) -> dict[Name, Who]:
    products = {name[0] for name in names}
    if not products:
        return {}
    found = Product.objects.filter(pk__in=products).values_list("pk", "tenant_id")
    tenants = dict(found)
    return {
        name: Who(tenants[name[0]], name[0], None, NOBODY) for name in names if name[0] in tenants
    }


def _chunks(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    for first in range(0, len(names), _CHUNK):
        yield names[first : first + _CHUNK]
