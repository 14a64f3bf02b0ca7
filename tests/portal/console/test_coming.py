"""Addresses of the quick start whose pages are to come: never a 404, and how to do it today."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.console.visiting import admin, member, text
from portal.people import Provider
from tollway.portal.console.coming import COMING, Today, curl

pytestmark = pytest.mark.django_db

ROUTES = [f"/{route}" for coming in COMING for route in coming.routes]


@pytest.mark.parametrize("route", ROUTES)
def test_they_answer_who_is_signed_in(acme: Provider, route: str) -> None:
    page = admin(acme).get(route)
    assert page.status_code == 200
    assert "Page to come" in text(page)
    assert "http://acme-admin.localhost:3000/admin/api/" in text(page)


@pytest.mark.parametrize("route", ROUTES)
def test_who_is_not_signed_in_comes_back_after_signing_in(acme: Provider, route: str) -> None:
    visitor = Client(headers={"host": "acme-admin.localhost:3000"})
    assert visitor.get(route)["Location"] == f"/p/login?next={route}"
    assert Client(headers={"host": "acme.localhost:3000"}).get(route).status_code == 404


def test_members_need_the_pages_permission(acme: Provider) -> None:
    lowly = member(acme)
    statuses = {route: lowly.get(route).status_code for route in ROUTES}
    assert {status for route, status in statuses.items() if "api_docs" not in route} <= {403}


def test_the_lines_say_method_and_values() -> None:
    approve = Today("Approve", "settings.json", "PUT", ("account_approval_required=true",))
    assert curl("http://x", approve) == (
        'curl -X PUT -u :ACCESS_TOKEN -d "account_approval_required=true" '
        '"http://x/admin/api/settings.json"'
    )


def test_what_the_lines_do_works(acme: Provider) -> None:
    client = Client(headers={"host": "acme-admin.localhost:3000"})
    for today in (today for coming in COMING for today in coming.today):
        if "ACCOUNT_ID" in today.path:
            continue
        sent = "&".join([*today.fields, f"provider_key={acme.tenant.provider_key}"])
        url = f"/admin/api/{today.path}"
        if today.method == "GET":
            answer = client.get(f"{url}?{sent}")
        else:
            answer = client.put(url, sent, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200, today
