from __future__ import annotations

import pytest

from portal.people import BY, Provider
from tollway.portal.analytics.models import Meter
from tollway.portal.analytics.services.identities import NOBODY, Who, identify, number, save_meters
from tollway.portal.applications.services import delete_application


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), ("007", 7), ("", None), ("x", None), ("-1", None), ("²", None), ("٣", None),
     (str(2**63 - 1), 2**63 - 1), (str(2**63), None)],
)  # fmt: skip
def test_a_wire_id_stands_for_a_number_that_a_column_holds(text: str, expected: int | None) -> None:
    assert number(text) == expected


def test_each_name_leads_to_its_own_tenant(acme: Provider, globex: Provider) -> None:
    theirs = globex.another_application(application_id=acme.application.application_id)
    ours = (acme.product.pk, acme.application.application_id)
    other = (globex.product.pk, theirs.application_id)
    known = identify({ours, other})
    assert known.who == {
        ours: Who(acme.tenant.pk, acme.product.pk, acme.account.pk, acme.application.pk),
        other: Who(globex.tenant.pk, globex.product.pk, globex.account.pk, theirs.pk),
    }
    assert set(known.applications) == {ours, other}
    (only,) = identify({ours}).applications
    assert only == ours


def test_a_meter_remembers_who_is_gone(acme: Provider) -> None:
    name = (acme.product.pk, acme.application.application_id)
    known = identify({name})
    save_meters(known.unmetered)
    assert identify({name}).unmetered == []
    delete_application(acme.application, by=BY)
    gone = identify({name})
    assert (gone.who, gone.applications) == (known.who, {})


def test_a_meter_follows_a_name_to_its_new_application(acme: Provider) -> None:
    name = (acme.product.pk, acme.application.application_id)
    save_meters(identify({name}).unmetered)
    delete_application(acme.application, by=BY)
    new = acme.another_application(application_id=name[1])
    save_meters(identify({name}).unmetered)
    assert Meter.objects.get().application_id == new.pk


def test_who_was_never_metered_is_nobody_of_the_product(acme: Provider) -> None:
    name = (acme.product.pk, "unheard-of")
    assert identify({name}).who == {name: Who(acme.tenant.pk, acme.product.pk, None, NOBODY)}
    assert identify({(999_999, "unheard-of")}).who == {}
    assert identify(set()).who == {}


def test_many_names_are_found_in_few_queries(
    acme: Provider, django_assert_max_num_queries: object
) -> None:
    names = {(acme.product.pk, f"app{n}") for n in range(1000)}
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        identify(names)
