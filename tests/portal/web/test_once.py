"""A form that is sent twice acts once, and both lead to the same place."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.people import Provider, make_master, make_provider
from portal.web.requests import get, post, rendered
from tollway import clock
from tollway.portal.catalog.models import Product
from tollway.portal.web.models import Submission
from tollway.portal.web.once import KEPT, nonce, once

NUMBER = "n" * 32


def create(request: HttpRequest) -> HttpResponse:
    """Make a product of the name that was sent, unless it is "bad"."""
    name = request.POST["name"]
    made = Product.objects.create(
        tenant=request.tollway.tenant,  # type: ignore[attr-defined]
        name=name,
        system_name=nonce()[:20].lower(),
    )
    if name == "bad":
        return HttpResponse("no", status=422)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/products/{made.pk}"})
    return HttpResponseRedirect(f"/products/{made.pk}")


guarded = once(create)


def products(acme: Provider, name: str = "New") -> int:
    return Product.objects.filter(tenant=acme.tenant, name=name).count()


@pytest.mark.django_db
def test_the_second_leads_to_where_the_first_led(acme: Provider) -> None:
    first, second = (guarded(post(acme, {"name": "New", "once": NUMBER})) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert (first.status_code, second.status_code, products(acme)) == (302, 302, 1)
    part = guarded(post(acme, {"name": "New", "once": NUMBER}, HX_Request="true"))
    assert (part.status_code, part["HX-Redirect"]) == (204, first["Location"])


@pytest.mark.django_db
def test_a_redirect_of_htmx_counts_as_one(acme: Provider) -> None:
    form = {"name": "New", "once": NUMBER}
    first, second = (guarded(post(acme, form, HX_Request="true")) for _ in range(2))
    assert first["HX-Redirect"] == second["HX-Redirect"]
    assert products(acme) == 1


@pytest.mark.django_db
def test_another_number_acts_again_and_so_does_none(acme: Provider) -> None:
    for number in (nonce(), nonce(), "", "short", "spaces are not of it, nor its length" * 9):
        guarded(post(acme, {"name": "New", "once": number}))
    assert products(acme) == 5


@pytest.mark.django_db
def test_what_was_refused_leaves_nothing_and_may_be_sent_again(acme: Provider) -> None:
    refused = guarded(post(acme, {"name": "bad", "once": NUMBER}))
    assert (refused.status_code, products(acme, "bad")) == (422, 0)
    assert guarded(post(acme, {"name": "New", "once": NUMBER})).status_code == 302
    assert products(acme) == 1


@pytest.mark.django_db
def test_a_number_counts_for_one_tenant(acme: Provider, globex: Provider) -> None:
    for provider in (acme, globex):
        guarded(post(provider, {"name": "New", "once": NUMBER}))
        assert products(provider) == 1


@pytest.mark.django_db
def test_numbers_are_forgotten_after_a_day(acme: Provider) -> None:
    guarded(post(acme, {"name": "New", "once": NUMBER}))
    Submission.objects.update(at=datetime.fromtimestamp(clock.now(), UTC) - KEPT - timedelta(1))
    guarded(post(acme, {"name": "New", "once": nonce()}))
    assert Submission.objects.filter(nonce=NUMBER).count() == 0


@pytest.mark.django_db
def test_every_form_has_a_number_of_its_own(acme: Provider) -> None:
    request = get(acme)
    first, second = (rendered("{% once %}", request) for _ in range(2))
    assert first != second
    assert first.startswith('<input type="hidden" name="once" value="')
    assert guarded(post(acme, {"name": "New", "once": first.split('"')[5]})).status_code == 302
    assert Submission.objects.get().nonce == first.split('"')[5]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_that_arrive_together_one_acts() -> None:
    acme = make_provider(make_master(), "acme")
    inside, answers = threading.Event(), []

    @once
    def slow(request: HttpRequest) -> HttpResponse:
        response = create(request)
        inside.set()
        other.join(0.3)  # the other has this long to do it too, were it let
        return response

    def send(view: object) -> None:
        try:
            answers.append(view(post(acme, {"name": "New", "once": NUMBER})))  # type: ignore[operator]
        finally:
            connection.close()

    def send_later() -> None:
        inside.wait(10)
        send(guarded)

    other = threading.Thread(target=send_later)
    other.start()
    one = threading.Thread(target=send, args=(slow,))
    one.start()
    one.join(10)
    other.join(10)
    assert len({answer["Location"] for answer in answers}) == 1
    assert (len(answers), products(acme)) == (2, 1)
