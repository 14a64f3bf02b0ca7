"""What is said in passing is said once, on the next page or beside a part of this one."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from portal.people import Provider
from portal.web.requests import get, post, rendered
from tollway.portal.web.toasts import Toast, refuse_beside, take, tell, tell_beside

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def test_the_next_page_says_it_and_the_one_after_does_not(acme: Provider) -> None:
    request = get(acme)
    assert take(request) == []
    tell(request, "Hits per hour is now 3")
    tell(request, "v5 is live", "On every gateway.", undo="/back", version="4")
    assert take(request) == [
        Toast("Hits per hour is now 3"),
        Toast("v5 is live", "On every gateway.", "/back", {"version": "4"}),
    ]
    assert take(request) == []


def test_an_undo_is_a_form_that_brings_back_what_was(acme: Provider) -> None:
    toast = Toast("<v5> is live", undo="/back", fields={"version": "4"})
    html = rendered("{% include 'web/partials/toast.html' %}", get(acme), toast=toast)
    assert "&lt;v5&gt; is live" in html
    assert '<form method="post" action="/back">' in html
    assert '<input type="hidden" name="version" value="4">' in html
    assert "Undo</button>" in html


def test_without_an_undo_it_can_be_dismissed(acme: Provider) -> None:
    html = rendered("{% include 'web/partials/toast.html' %}", get(acme), toast=Toast("Said"))
    assert "data-toast-close" in html
    assert "<form" not in html


def test_a_part_that_htmx_brings_has_its_toast_beside(acme: Provider) -> None:
    request = get(acme)
    toast = Toast("Hits per hour is now 3", undo="/cell", fields={"value": ""}, part="row-hits")
    response = tell_beside(request, HttpResponse("<tbody></tbody>"), toast)
    html = response.content.decode()
    assert html.startswith('<tbody></tbody><hx-partial hx-target="#toasts" hx-swap="beforeend">')
    assert 'hx-post="/cell" hx-target="#row-hits" hx-swap="outerHTML"' in html
    assert take(request) == []


def test_a_refusal_leaves_the_page_of_htmx_as_it_is_and_says_why(acme: Provider) -> None:
    assert refuse_beside(post(acme, {}), "It is gone.", status=404) is None
    refused = refuse_beside(post(acme, {}, **HTMX), "It is gone.", status=404)
    assert refused is not None
    assert (refused.status_code, refused["HX-Reswap"]) == (404, "none")
    html = refused.content.decode()
    assert "Nothing was changed" in html
    assert "It is gone." in html
    polled = refuse_beside(get(acme, **HTMX), "It is gone.", status=404)
    assert polled is not None
    assert polled.content == b""
