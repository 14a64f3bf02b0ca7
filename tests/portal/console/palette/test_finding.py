"""The palette finds by name, id and key: what the user may see, and never across tenants."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import admin, member, text
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import regenerate_user_key, sign_up
from tollway.portal.console import places
from tollway.portal.console.palette import finding, hits, pages, views
from tollway.portal.onboarding.bulk import fill
from tollway.portal.plans.services import set_default_plan

pytestmark = pytest.mark.django_db

PALETTE = "/p/admin/palette"
ALL = tuple(User.Section.values)


def found(client: Client, q: str, here: str = "/p/admin/dashboard") -> list[str]:
    """Return the options as they are read."""
    response = client.post(PALETTE, {"q": q, "here": here})
    assert response.status_code == 200
    options = re.findall(r'<li role="none">.*?</li>', response.content.decode(), re.DOTALL)
    return [text(HttpResponse(re.sub("</?mark>", "", option))).strip() for option in options]


def rows(client: Client, q: str) -> list[str]:
    """Return the options that are no pages."""
    kinds = ("Product", "Backend", "Account", "Application")
    return [option for option in found(client, q) if any(f" {kind}" in option for kind in kinds)]


def titles(client: Client, q: str, **more: Any) -> str:
    return " | ".join(found(client, q, **more))


ASKED = [
    (lambda p: "AP", ["API Product", "App Application"]),
    (lambda p: "api", ["API Product"]),
    (lambda p: str(p.product.pk), ["API Product"]),
    (lambda p: "ech", ["Echo Backend"]),
    (lambda p: "velop", ["Developer Account"]),
    (lambda p: "john", ["Developer Account"]),
    (lambda p: "JOHN@dev.example", ["Developer Account"]),
    (lambda p: f"  {p.application.application_id} ", ["App Application"]),
    (lambda p: p.application.user_key, ["App Application"]),
    (lambda p: "mailb", ["Mailbox"]),
    (lambda p: "go live", ["Guided path: Prototype"]),
    (lambda p: "visit", ["Visit the developer portal"]),
]


@pytest.mark.parametrize(("ask", "expected"), ASKED)
def test_things_are_found(acme: Provider, globex: Provider, ask: Any, expected: list[str]) -> None:
    read = titles(admin(acme), ask(acme))
    for each in expected:
        assert each in read


@pytest.mark.parametrize(
    "ask",
    [
        lambda p: p.application.user_key,
        lambda p: p.application.application_id,
        lambda p: p.account.org_name,
        lambda p: "john@dev.example",
    ],
)
def test_strangers_find_nothing_of_acme_s(acme: Provider, globex: Provider, ask: Any) -> None:
    globex.application.delete()
    User.objects.filter(pk=globex.developer.pk).delete()
    globex.account.delete()
    assert not rows(admin(globex), ask(acme))
    assert rows(admin(acme), ask(acme))


def test_a_key_is_neither_echoed_nor_asked_for_in_an_address(acme: Provider) -> None:
    client, key = admin(acme), acme.application.user_key
    response = client.post(PALETTE, {"q": key})
    assert "App" in response.content.decode()
    assert key not in response.content.decode()
    assert client.get(PALETTE, {"q": key}).status_code == 405


def test_a_key_that_is_being_replaced_is_found_too(acme: Provider) -> None:
    from datetime import UTC, datetime

    old = acme.application.user_key
    regenerate_user_key(acme.application, by=BY, keep_until=datetime(2100, 1, 1, tzinfo=UTC))
    assert "App Application" in titles(admin(acme), old)


@pytest.mark.parametrize(
    ("sections", "seen"),
    [
        ((), set()),
        ((User.Section.MONITORING,), {"Product"}),
        ((User.Section.PLANS,), {"Product", "Backend"}),
        ((User.Section.PARTNERS,), {"Product", "Account", "Application"}),
        (ALL, {"Product", "Backend", "Account", "Application"}),
    ],
)
def test_members_find_what_they_may_see(
    acme: Provider, sections: tuple[str, ...], seen: set[str]
) -> None:
    sign_up(acme.tenant, by=BY, org_name="Api Users", username="maya", email="m@night.example")
    Application.objects.update(name="Api App")
    acme.backend.name = "Api behind"
    acme.backend.save()
    client = member(acme, *sections)
    read = titles(client, "api").replace("Application plans", "")  # which is a page
    kinds = {"Product", "Backend", "Account", "Application"}
    assert {kind for kind in kinds if f" {kind}" in read} == seen
    assert ("Api App" in titles(client, acme.application.user_key)) == ("Application" in seen)


def test_members_find_nothing_of_products_that_are_not_theirs(acme: Provider) -> None:
    other = acme.another_product("Timetables")
    client = member(acme, *ALL, products=[other.pk])
    assert "Timetables Product" in titles(client, "time")
    assert "API Product" not in titles(client, "api")
    assert found(client, acme.application.user_key) == []
    assert "App Application" not in titles(client, "App")
    assert "API" not in titles(client, "", here=f"/apiconfig/services/{acme.product.pk}/x")


def test_pages_that_refuse_a_member_are_not_offered(acme: Provider) -> None:
    assert "Mailbox" in titles(admin(acme), "mailbox")
    assert "Mailbox" not in titles(member(acme, *ALL), "mailbox")


def test_before_anything_is_typed_there_are_pages_and_what_was_changed_last(
    acme: Provider,
) -> None:
    client = admin(acme)
    read = titles(client, "")
    for each in ("Dashboard", "App Application", "Developer Account", "Echo Backend"):
        assert each in read
    of_product = titles(client, "", here=f"/apiconfig/services/{acme.product.pk}/integration")
    assert f"Overview {acme.product.name}" in of_product or not places.product(1)


def test_what_has_no_page_yet_is_copied(acme: Provider) -> None:
    if places.application(1):
        pytest.skip("applications have a page")
    response = admin(acme).post(PALETTE, {"q": "App"})
    assert f'data-copy-text="{acme.application.application_id}"' in response.content.decode()
    assert hits.matched("Developer", "zzz") == (0, 0)


@pytest.mark.parametrize(
    "q", ["%", "_", "'", "\0", "\\", "9" * (views.TEXT_MAX + 1), "<script>", "ﬀ", "İstanbul"]
)
def test_odd_letters_do_no_harm(acme: Provider, q: str) -> None:
    sign_up(acme.tenant, by=BY, org_name="İstanbul <script>", username="maya", email="m@n.example")
    response = admin(acme).post(PALETTE, {"q": q})
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


def test_a_hundred_accounts_cost_as_many_queries_as_one(acme: Provider) -> None:
    client = admin(acme)
    set_default_plan(acme.product, acme.plan, by=BY)

    def queries(q: str) -> int:
        client.post(PALETTE, {"q": q})
        with CaptureQueriesContext(connection) as asked:
            client.post(PALETTE, {"q": q})
        return len(asked)

    fill(acme.tenant, 1, by=BY)
    few = queries("trial"), queries("")
    fill(acme.tenant, 99, by=BY)
    assert (queries("trial"), queries("")) == few
    shown = [each for each in found(client, "trial") if "Account" in each]
    assert len(shown) == finding.SHOWN
    assert pages.PAGES[0].title in titles(client, "")


def test_the_operator_finds_organisations(acme: Provider, globex: Provider) -> None:
    client = Client(headers={"host": "master.localhost:3000"})
    client.post("/p/login", {"username": "master", "password": PASSWORD})
    assert "Acme Organisation" in titles(client, "acm")
    assert "Globex" not in titles(client, "acm")
    assert "Globex Organisation" in titles(client, "")
