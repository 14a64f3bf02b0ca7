"""Things lead to their pages, and to none while there is none."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path, resolve

from portal.console.visiting import member
from portal.people import Provider
from tollway.portal.accounts.models import User
from tollway.portal.console import places, sight

PLACES = [place for name, place in vars(places).items() if name[0] != "_" and name not in {
    "cache", "resolve", "reverse", "Resolver404", "annotations"}]  # fmt: skip


def page(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse(f"{pk} {request.path}")


class Few:
    urlpatterns = [path("apiconfig/services", page), path("apiconfig/services/<int:pk>", page)]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_every_place_is_an_address_that_answers_or_none(place: Any) -> None:
    address = place(7) if place.__code__.co_argcount else place()
    assert address == "" or resolve(address).route


def test_a_page_is_linked_as_soon_as_it_is_there() -> None:
    places._answers.cache_clear()
    with override_settings(ROOT_URLCONF=Few):
        assert places.products() == "/apiconfig/services"
        assert places.product(7) == "/apiconfig/services/7"
        assert places.integration(7) == ""
    places._answers.cache_clear()


@pytest.mark.django_db
def test_what_a_member_sees_follows_from_permissions_and_products(acme: Provider) -> None:
    other = acme.another_product()
    member(acme, User.Section.PLANS, products=[other.pk])
    user = User.objects.get(username="member")
    seen = sight.Sight(acme.tenant, user, user.allowed_products())
    assert (seen.setup, seen.audience, seen.usage, seen.products_listed) == (
        True, False, False, True,
    )  # fmt: skip
    assert list(seen.products()) == [other]
    assert seen.shows(other.pk)
    assert not seen.shows(acme.product.pk)
    everything = sight.Sight(acme.tenant, acme.admin, acme.admin.allowed_products())
    assert everything.audience
    assert set(everything.products()) == {acme.product, other}
