"""The pages of backends: their list, making, changing and deleting one, and who uses it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.catalog.models import Backend
from tollway.portal.catalog.services import create_backend, create_backend_usage, update_backend
from tollway.portal.console.backends import forms, index, navigation, routes

pytestmark = pytest.mark.django_db

LIST = "/p/admin/backend_apis"
GOOD = {"name": "Stock", "private_endpoint": "https://stock.example", "description": "Things"}


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def page_of(provider: Provider) -> str:
    return f"{LIST}/{provider.backend.pk}"


def test_the_list_says_where_backends_listen_and_who_uses_them(
    acme: Provider, client: Client
) -> None:
    assert "Echo echo https://echo-api.3scale.net:443 1" in text(client.get(LIST))
    for number in range(60):
        create_backend(acme.tenant, by=BY, name=f"B{number:02}", private_endpoint="http://b.test")
    assert "50 of 61 backends" in text(client.get(LIST))
    found = text(client.get(LIST, {"q": "b07", "sort": "-products"}))
    assert ("B07" in found, "B08" in found) == (True, False)
    assert "No backends match “zebra”" in text(client.get(LIST, {"q": "zebra"}))


def test_the_lists_queries_are_few(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        create_backend(acme.tenant, by=BY, name=f"B{number:02}", private_endpoint="http://b.test")
    with django_assert_max_num_queries(9):
        client.get(LIST)
    with django_assert_max_num_queries(16):
        client.get(page_of(acme))


def test_a_backend_is_made_once_with_its_port(acme: Provider, client: Client) -> None:
    sent = {**GOOD, "once": NONCE}
    places = {client.post(f"{LIST}/new", sent)["Location"] for _ in range(2)}
    backend = Backend.objects.get(system_name="stock")
    assert places == {f"{LIST}/{backend.pk}"}
    assert backend.private_endpoint == "https://stock.example:443"
    assert "No product uses it" in text(client.get(f"{LIST}/{backend.pk}"))


WRONG = [
    ("name", "", "Enter a name."),
    ("private_endpoint", "", "Enter an address like https://api.internal:8443."),
    ("private_endpoint", "ftp://x.test", "Must start with http://, https://, ws://, wss://"),
    ("private_endpoint", "http://localhost:80", "Can't be localhost"),
    ("private_endpoint", "http://127.0.0.1", "Can't be localhost"),
    ("private_endpoint", "https://x.test/?a=b", "Must not have a query"),
    ("private_endpoint", "https://me@x.test", "Must not have a user name"),
    ("private_endpoint", "https://x_.test:0", "Is invalid"),
    ("system_name", "echo", "Has already been taken"),
    ("system_name", "a b", "Is invalid"),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_what_is_wrong_is_said_at_the_field(
    acme: Provider, client: Client, field: str, value: str, message: str
) -> None:
    response = client.post(f"{LIST}/new", {**GOOD, field: value})
    assert (response.status_code, message in text(response)) == (422, True)
    assert f'id="id_{field}_error"' in response.content.decode()
    assert "Things</textarea>" in response.content.decode().replace("\n", "")
    assert Backend.objects.count() == 1


def test_a_backend_is_changed_unless_somebody_was_faster(acme: Provider, client: Client) -> None:
    edit = f"{page_of(acme)}/edit"
    before = seen(client.get(edit))
    update_backend(acme.backend, by=BY, private_endpoint="https://theirs.test")
    clash = client.post(edit, {**GOOD, "seen": before})
    assert (clash.status_code, "https://theirs.test:443" in text(clash)) == (409, True)
    assert client.post(edit, {**GOOD, "seen": seen(clash)})["Location"] == page_of(acme)
    acme.backend.refresh_from_db()
    assert acme.backend.private_endpoint == "https://stock.example:443"
    assert "Gateways follow" in toasts(client)


def test_a_backend_in_use_stays_and_its_users_are_named(acme: Provider, client: Client) -> None:
    edit = text(client.get(f"{page_of(acme)}/edit"))
    assert "A backend that products use cannot be deleted" in edit
    assert "API /" in edit
    refused = client.post(f"{page_of(acme)}/delete")
    assert refused.status_code == 422
    assert "Nothing was deleted: 1 product uses it." in text(refused)


def test_a_backend_that_nobody_uses_is_deleted(acme: Provider, client: Client) -> None:
    backend = create_backend(acme.tenant, by=BY, name="B", private_endpoint="http://b.test")
    assert "No product uses it." in text(client.get(f"{LIST}/{backend.pk}/edit"))
    for _ in range(2):
        assert client.post(f"{LIST}/{backend.pk}/delete")["Location"] == LIST
    assert not Backend.objects.filter(pk=backend.pk).exists()


def test_members_are_not_told_of_products_that_they_may_not_see(acme: Provider) -> None:
    hidden = acme.another_product("Secret")
    create_backend_usage(hidden, by=BY, backend=acme.backend)
    page = text(member(acme, "plans", products=[acme.product.pk]).get(page_of(acme)))
    assert ("Secret" in page, "1 that you may not see" in page) == (False, True)


def test_strangers_find_nothing(acme: Provider, globex: Provider) -> None:
    stranger, lowly = admin(globex), member(acme, "portal")
    for path in ("", "/edit", "/metrics", "/mapping_rules"):
        assert stranger.get(page_of(acme) + path).status_code == 404
        assert lowly.get(page_of(acme) + path).status_code == 403
    assert stranger.post(f"{page_of(acme)}/edit", GOOD).status_code == 404
    assert stranger.post(f"{page_of(acme)}/delete").status_code == 302
    assert Backend.objects.filter(pk=acme.backend.pk).exists()


def test_the_system_name_is_suggested(acme: Provider, client: Client) -> None:
    assert "It will be echo_2 ," in text(client.get(f"{LIST}/suggest", {"name": "Echo"}))
    unspeakable = text(client.get(f"{LIST}/suggest", {"name": "§"}))
    assert f"It will be {forms.NAMING.fallback} ," in unspeakable
    assert reverse(index.HERE.area) == LIST


def test_the_navigation_leads_to_pages_that_are_there(acme: Provider, client: Client) -> None:
    page = client.get(page_of(acme)).content.decode()
    for group in navigation.GROUPS:
        for item in group.items:
            assert f"{item.title}</a>" in page
    assert {route.name for route in routes.routes} >= {"backends", "backend"}
