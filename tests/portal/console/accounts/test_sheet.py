"""The list of accounts as a file: all that it is narrowed down to, and nothing else."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import admin, member
from portal.people import Provider
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.console.accounts import sheet

pytestmark = pytest.mark.django_db
LIST = "/buyers/accounts"


def rows_of(response: Any) -> list[dict[str, str]]:
    body = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(body)))


def test_all_pages_are_sent_as_they_are_narrowed_down(acme: Provider, globex: Provider) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Account", name="fleet", label="Fleet"
    )
    Account.objects.bulk_create(
        Account(
            tenant=acme.tenant, org_name=f"=Night {n}", state="pending", extra_fields={"fleet": n}
        )
        for n in range(60)
    )
    client = admin(acme)
    page = client.get(f"{LIST}?state=pending&sort=name").content.decode()
    assert 'href="?state=pending&amp;sort=name&amp;csv=1"' in page
    response = client.get(f"{LIST}?state=pending&csv=1")
    assert response["Content-Disposition"] == 'attachment; filename="accounts.csv"'
    rows = rows_of(response)
    assert len(rows) == 60
    assert (rows[0]["Account"], rows[59]["Fleet"]) == ("'=Night 0", "59")
    [mine] = rows_of(client.get(f"{LIST}?csv=1&q=developer"))
    assert (mine["Administrator"], mine["Applications"], mine["State"]) == (
        acme.developer.username, "1", "Approved",
    )  # fmt: skip
    assert set(sheet._COLUMNS) <= mine.keys()
    assert len(rows_of(admin(globex).get(f"{LIST}?csv=1"))) == 1
    assert member(acme, User.Section.PLANS).get(f"{LIST}?csv=1").status_code == 403


def test_a_long_file_takes_no_more_queries(acme: Provider) -> None:
    client, counts = admin(acme), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            rows_of(client.get(f"{LIST}?csv=1"))
        counts.append(len(found))
        Account.objects.bulk_create(
            Account(tenant=acme.tenant, org_name=f"{n}") for n in range(100)
        )
    assert counts[0] == counts[1]
