"""Lists as templates see them: plain rows, where the page stands, and what its headings do."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from msgspec import Struct

from portal.people import Provider
from tollway.portal.applications.models import Application
from tollway.portal.developer.lists import List, plain
from tollway.portal.web.listing import listed

pytestmark = pytest.mark.django_db


class Row(Struct, frozen=True):
    name: str


def shown(provider: Provider, query: str) -> List:
    listing = listed(
        RequestFactory().get(f"/list?{query}"),
        Application.objects.filter(tenant=provider.tenant),
        sorts={"name": "name", "time": "created_at"},
        default="-time",
        search=lambda rows, text: rows.filter(name__icontains=text),
        per_page=2,
    )
    return plain(listing, lambda row: Row(row.name), {"name": "Name", "time": "When"})


def test_a_page_says_where_it_stands_and_where_its_neighbours_are(acme: Provider) -> None:
    for name in ("A", "B", "C", "D"):
        acme.another_application(name=name)
    second = shown(acme, "sort=name&page=2")
    assert second.rows == (Row("B"), Row("C"))  # beside the App that Acme has
    assert (second.first, second.last, second.total) == (3, 4, 5)
    assert (second.number, second.pages, second.sort) == (2, 3, "name")
    assert (shown(acme, "").before, shown(acme, "page=3").after) == ("", "")
    assert "page=3" in second.after
    assert "sort=name" in second.after


@pytest.mark.parametrize(
    ("query", "heading", "order", "leads_to"),
    [
        ("", "time", "descending", "sort=time"),
        ("sort=time", "time", "ascending", ""),
        ("", "name", "", "sort=name"),
        ("sort=name", "name", "ascending", "sort=-name"),
        ("sort=-name", "name", "descending", "sort=name"),
        ("sort=name", "time", "", ""),
    ],
)
def test_a_heading_sorts_and_turns_round(
    acme: Provider, query: str, heading: str, order: str, leads_to: str
) -> None:
    found = shown(acme, query).headings[heading]
    assert (found.title, found.order) == ({"time": "When", "name": "Name"}[heading], order)
    assert found.url.partition("?")[2] == leads_to
