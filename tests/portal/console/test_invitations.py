"""The provider's page of invitations, with as many as there may be."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import admin, text
from portal.people import BY, Provider
from tollway.portal.accounts.services import invite
from tollway.portal.console import invitations

pytestmark = pytest.mark.django_db


def test_the_list_is_searched_and_costs_the_same_for_many(acme: Provider) -> None:
    path, client = f"/buyers/accounts/{acme.account.pk}/invitations", admin(acme)
    counts, page = [], client.get(path)
    for first, last in ((0, 1), (1, 12)):
        for n in range(first, last):
            invite(acme.account, by=BY, email=f"user{n}@dev.example")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "12 invitations" in text(page)
    found = text(client.get(path, {"q": "user11"}))
    assert "user11@dev.example" in found
    assert "user3@" not in found
    assert "user3@" not in text(client.get(path, {"q": "nobody"}))
    assert {row.name for row in invitations.routes} == {
        "account-invitations", "invitation-resend", "invitation-delete",
    }  # fmt: skip
