"""Lists are searched, sorted and paged by their address, at the price of two queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from portal.web.requests import rendered
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.listing import Listing, listed

pytestmark = pytest.mark.django_db

SORTS = {"name": Lower("org_name"), "subdomain": "subdomain"}


@pytest.fixture
def tenants(master: Tenant) -> QuerySet[Tenant]:
    """Seven tenants, of whom three are called alike."""
    names = ["delta", "Alpha", "Same", "beta", "Same", "Same", "charlie"]
    Tenant.objects.bulk_create(
        Tenant(org_name=name, subdomain=f"t{n}", provider_key_digest=f"{n}")
        for n, name in enumerate(names)
    )
    return Tenant.objects.filter(subdomain__startswith="t")


def by_name(queryset: QuerySet[Tenant], text: str) -> QuerySet[Tenant]:
    return queryset.filter(org_name__icontains=text)


def ask(tenants: QuerySet[Tenant], query: str = "", **options: Any) -> Listing:
    options = {"sorts": SORTS, "default": "name", "search": by_name, "per_page": 3, **options}
    return listed(RequestFactory().get(f"/list{query}"), tenants, **options)


def names(listing: Listing) -> list[str]:
    return [tenant.org_name for tenant in listing.page]


PAGES = [
    ("", ["Alpha", "beta", "charlie"]),
    ("?page=2", ["delta", "Same", "Same"]),
    ("?page=3", ["Same"]),
    ("?page=4", ["Same"]),
    ("?page=0", ["Same"]),
    ("?page=-1", ["Same"]),
    ("?page=x", ["Alpha", "beta", "charlie"]),
    (f"?page={'9' * 5000}", ["Alpha", "beta", "charlie"]),
    ("?sort=-name", ["Same", "Same", "Same"]),
    ("?sort=subdomain", ["delta", "Alpha", "Same"]),
    ("?sort=-subdomain", ["charlie", "Same", "Same"]),
    ("?sort=password", ["Alpha", "beta", "charlie"]),
    ("?sort=--name", ["Alpha", "beta", "charlie"]),
    ("?q=A", ["Alpha", "beta", "charlie"]),
    ("?q=+alph+", ["Alpha"]),
    ("?q=%00alpha", ["Alpha"]),
    ("?q=nobody&page=7", []),
]


@pytest.mark.parametrize(("query", "shown"), PAGES)
def test_the_address_says_which_rows_and_nonsense_falls_back(
    tenants: QuerySet[Tenant], query: str, shown: list[str]
) -> None:
    assert names(ask(tenants, query)) == shown


def test_rows_that_sort_alike_are_on_one_page_each(tenants: QuerySet[Tenant]) -> None:
    seen = [row.pk for page in (1, 2, 3) for row in ask(tenants, f"?page={page}").page]
    assert sorted(seen) == sorted(tenants.values_list("pk", flat=True))


def test_a_list_that_is_turned_around_is_the_same_list_backwards(
    tenants: QuerySet[Tenant],
) -> None:
    up, down = (
        [row.pk for page in (1, 2, 3) for row in ask(tenants, f"?sort={sort}&page={page}").page]
        for sort in ("name", "-name")
    )
    assert up == down[::-1]


def test_a_list_costs_two_queries_however_long_it_is(
    tenants: QuerySet[Tenant], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        listing = ask(tenants, "?page=2&sort=-name")
        assert (listing.total, len(names(listing))) == (7, 3)


def test_an_address_keeps_what_was_asked_for_and_only_that(tenants: QuerySet[Tenant]) -> None:
    listing = ask(tenants, "?q=a&state=live&state=pending&empty=&sort=-name&page=1")
    assert listing.address() == "?state=live&state=pending&q=a&sort=-name"
    assert listing.address(page=2) == "?state=live&state=pending&q=a&sort=-name&page=2"
    assert listing.address(sort="name") == "?state=live&state=pending&q=a"
    assert ask(tenants).address() == "?"


def test_only_a_search_or_a_filter_narrows(tenants: QuerySet[Tenant]) -> None:
    narrowed = [ask(tenants, q).narrowed for q in ("", "?sort=-name&page=2", "?q=a", "?state=x")]
    assert narrowed == [False, False, True, True]


def test_a_list_without_a_search_ignores_its_text(tenants: QuerySet[Tenant]) -> None:
    listing = ask(tenants, "?q=alpha", search=None)
    assert (listing.text, listing.total) == ("", 7)


HEADINGS = [
    ("", "name", "?sort=-name", "ascending"),
    ("?sort=-name", "name", "?", "descending"),
    ("", "subdomain", "?sort=subdomain", None),
    ("?sort=subdomain&page=2", "subdomain", "?sort=-subdomain", "ascending"),
]


@pytest.mark.parametrize(("query", "column", "url", "direction"), HEADINGS)
def test_a_heading_sorts_and_says_how_it_is_sorted(
    tenants: QuerySet[Tenant], query: str, column: str, url: str, direction: str | None
) -> None:
    request = RequestFactory().get("/")
    text = "{% sort_heading listing column 'Title' css='num' %}"
    html = rendered(text, request, listing=ask(tenants, query), column=column)
    assert f'href="{url}"' in html
    assert 'class="num"' in html
    found = re.search(r'aria-sort="(\w+)"', html)
    assert (found[1] if found else None) == direction


def test_what_is_newest_first_by_default_turns_to_that_when_sorted_again(
    tenants: QuerySet[Tenant],
) -> None:
    request = RequestFactory().get("/")
    links = [
        re.search(
            r'href="([^"]*)"', rendered(text, request, listing=ask(tenants, q, default="-name"))
        )
        for text in ("{% sort_heading listing 'name' 'Name' %}",)
        for q in ("", "?sort=name", "?sort=subdomain")
    ]
    assert [link[1] for link in links if link] == ["?sort=name", "?", "?"]


def test_a_pager_tells_which_rows_and_leads_on(tenants: QuerySet[Tenant]) -> None:
    request, text = RequestFactory().get("/"), "{% pager listing 'tenants' %}"
    middle = rendered(text, request, listing=ask(tenants, "?page=2&sort=-name"))
    assert "4–6 of 7 tenants" in middle  # noqa: RUF001
    assert 'href="?sort=-name" rel="prev"' in middle
    assert 'href="?sort=-name&amp;page=3" rel="next"' in middle
    assert 'rel="prev"' not in rendered(text, request, listing=ask(tenants))
    assert 'rel="next"' not in rendered(text, request, listing=ask(tenants, "?page=3"))
    whole = rendered(text, request, listing=ask(tenants, per_page=50))
    assert "7 tenants" in whole
    assert "of 7" not in whole
    assert "1 tenant<" in rendered(text, request, listing=ask(tenants, "?q=alpha"))
    alone = rendered(
        "{% pager listing 'men' one='man' %}", request, listing=ask(tenants, "?q=alpha")
    )
    assert "1 man<" in alone
    assert rendered(text, request, listing=ask(tenants, "?q=nobody")).strip() == ""


class States(forms.Form):
    state = forms.ChoiceField(choices=[("", "Any state"), ("live", "Live")], required=False)


def test_a_search_box_keeps_the_rest_of_the_address_and_can_be_cleared(
    tenants: QuerySet[Tenant],
) -> None:
    request = RequestFactory().get("/")
    listing = ask(tenants, "?q=a%22b&state=live&plan=7&sort=-name&page=2")
    html = rendered("{% search_box listing 'Search tenants' %}", request, listing=listing)
    assert 'value="a&quot;b"' in html
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert hidden == {"state": "live", "plan": "7", "sort": "-name"}
    assert 'href="?"' in html
    form = States({"state": "live"})
    text = "{% search_box listing 'Search tenants' filters=form %}"
    html = rendered(text, request, listing=listing, form=form)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert hidden == {"plan": "7", "sort": "-name"}
    assert '<option value="live" selected>' in html


def test_no_hits_are_one_line(tenants: QuerySet[Tenant]) -> None:
    request = RequestFactory().get("/")
    text = "{% include 'web/partials/no_hits.html' with what='tenants' %}"
    html = rendered(text, request, listing=ask(tenants, "?q=nobody"))
    assert "No tenants match “nobody”." in html
    html = rendered(text, request, listing=ask(tenants, "?state=x"))
    assert "No tenants match these filters." in html
