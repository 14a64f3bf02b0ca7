"""The page that takes an admin over to the developers' side."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.console.visiting import admin, text
from portal.people import Provider
from tollway.portal.accounts.models import User
from tollway.portal.console import acting
from tollway.portal.console.pages import Access

pytestmark = pytest.mark.django_db


def test_the_page_says_what_it_means_before_anything_begins(acme: Provider) -> None:
    path = reverse("account-act-as", kwargs={"account_id": acme.account.pk})
    client = admin(acme)
    assert client.get(path).status_code == 405
    said = text(client.post(path))
    for words in ("ends by itself after an hour", "logged under both names", "Go on as john"):
        assert words in said
    assert [getattr(row.callback, "access") for row in acting.routes] == [  # noqa: B009
        Access(User.Section.PARTNERS)
    ]
