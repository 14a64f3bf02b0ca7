"""Lists of applications as files: what they are narrowed down to, without credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.console.accounts.test_sheet import rows_of
from portal.console.visiting import admin, member, text
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.models import FieldsDefinition, User
from tollway.portal.applications.models import Application
from tollway.portal.console.applications import sheet
from tollway.portal.plans.services import update_plan

pytestmark = pytest.mark.django_db
LIST = "/p/admin/applications"


def sent(client: Any, address: str) -> list[dict[str, str]]:
    return rows_of(client.get(address))


def test_what_is_listed_is_sent_and_no_credential(acme: Provider, globex: Provider) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Cinstance", name="fleet", label="Fleet"
    )
    acme.another_application(name="@Bus", extra_fields={"fleet": "12"})
    client = admin(acme)
    keys = {acme.application.user_key, acme.application.application_id}
    assert all(keys.isdisjoint(row.values()) for row in sent(client, f"{LIST}?csv=1"))
    [row] = sent(client, f"{LIST}?csv=1&q=bus")
    assert (row["Application"], row["Fleet"], row["Plan"], row["Paid"]) == (
        "'@Bus", "12", "Basic", "free",
    )  # fmt: skip
    assert row["Last call (UTC)"] == ""
    of_product = f"/apiconfig/services/{acme.product.pk}/applications"
    of_account = f"/buyers/accounts/{acme.account.pk}/applications"
    for address in (LIST, of_product, of_account):
        assert len(sent(client, f"{address}?csv=1")) == 2
        assert 'href="?csv=1"' in client.get(address).content.decode()
    assert [row["Account"] for row in sent(admin(globex), f"{LIST}?csv=1")] == ["Developer"]
    narrow = member(acme, User.Section.PARTNERS, products=[])
    assert sent(narrow, f"{LIST}?csv=1") == []
    assert set(sheet._COLUMNS) <= row.keys()


def test_a_long_file_takes_no_more_queries(acme: Provider) -> None:
    client, counts = admin(acme), []
    for count in (1, 30):
        for number in range(count):
            acme.another_application(name=f"{count} {number}")
        with CaptureQueriesContext(connection) as found:
            sent(client, f"{LIST}?csv=1")
        counts.append(len(found))
    assert counts[0] == counts[1]


TRIALS = [(0, 0, None), (10, 0, "10 days left"), (10, 9, "1 day left"), (10, 10, "ended on")]


@pytest.mark.parametrize(("days", "age", "words"), TRIALS)
def test_the_page_says_how_long_the_trial_is_free(
    acme: Provider, days: int, age: int, words: str | None
) -> None:
    update_plan(acme.plan, by=BY, trial_period_days=days)
    created = clock.utc_now() - timedelta(days=age)
    Application.objects.filter(pk=acme.application.pk).update(created_at=created)
    page = text(admin(acme).get(f"{LIST}/{acme.application.pk}"))
    assert ("Free trial" in page) == (words is not None)
    assert words is None or words in page
