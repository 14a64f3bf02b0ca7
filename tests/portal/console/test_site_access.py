"""Domains & access: the code of the developer portal is seen, changed and removed."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import Provider
from tollway.portal.accounts.models import User
from tollway.portal.console.site_access import AccessForm
from tollway.portal.events.models import Event
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PATH, FIELD = "/site/dns", "site_access_code"


def code_of(provider: Provider) -> str:
    return Tenant.objects.get(pk=provider.tenant.pk).site_access_code


def test_the_code_is_shown_and_emptied_and_the_portal_is_open(acme: Provider) -> None:
    client, visitor = admin(acme), Client(headers={"host": "acme.localhost:3000"})
    for path in (PATH, "/admin/site/dns"):
        assert seen(client.get(path), FIELD) == code_of(acme)
    assert visitor.get("/").status_code == 302
    changed = client.post(PATH, {FIELD: "abc"})
    assert (changed.status_code, code_of(acme)) == (302, "abc")
    assert client.post(PATH, {FIELD: ""}).status_code == 302
    assert code_of(acme) == ""
    assert "Portal open" in text(client.get(PATH))
    assert visitor.get("/").status_code == 200
    told = str(list(Event.objects.values_list("after", flat=True)))
    assert "abc" not in told


def test_a_code_that_is_too_long_is_refused_and_a_member_needs_the_permission(
    acme: Provider,
) -> None:
    was = code_of(acme)
    assert admin(acme).post(PATH, {FIELD: "x" * 256}).status_code == 422
    assert code_of(acme) == was
    assert member(acme, User.Section.PLANS).post(PATH, {FIELD: ""}).status_code == 403
    assert AccessForm({FIELD: ""}).is_valid()


def test_one_click_opens_the_portal_and_undo_closes_it(acme: Provider) -> None:
    client, code = admin(acme), code_of(acme)
    assert client.post(f"{PATH}/open_portal").status_code == 302
    assert code_of(acme) == ""
    assert "Everybody can look at it now." in toasts(client)
    assert client.post(f"{PATH}/open_portal").status_code == 302, "open already"
    assert client.post(PATH, {FIELD: code}).status_code == 302, "what Undo sends"
    assert code_of(acme) == code


def test_two_editors_of_the_code_see_each_other(acme: Provider) -> None:
    client = admin(acme)
    before = seen(client.get(PATH))
    client.post(PATH, {FIELD: "theirs"})
    clash = client.post(PATH, {FIELD: "mine", "seen": before})
    assert (clash.status_code, "theirs" in text(clash)) == (409, True)
    assert code_of(acme) == "theirs"
    assert client.post(PATH, {FIELD: "mine", "seen": seen(clash)}).status_code == 302
