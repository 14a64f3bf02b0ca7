"""The credentials of an application: shown, replaced with an overlap, added, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.console.visiting import NONCE, admin, member, text
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import (
    application_by_user_key,
    former_user_keys_of,
    keys_of,
)
from tollway.portal.applications.services import add_key, add_referrer_filter, update_product
from tollway.portal.console.applications import acts, forms
from tollway.portal.web.overlaps import OVERLAPS

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def place(provider: Provider, rest: str = "") -> str:
    return f"/p/admin/applications/{provider.application.pk}{rest}"


def opens(provider: Provider, key: str) -> bool:
    return application_by_user_key(provider.tenant, key) == provider.application


def fresh(provider: Provider) -> Application:
    return Application.objects.get(pk=provider.application.pk)


def by_id_and_key(provider: Provider) -> None:
    update_product(provider.product, by=BY, backend_version="2")


@pytest.mark.parametrize("keep", ["24", "1", "168", "", "x"])
def test_a_replaced_key_goes_on_working_for_as_long_as_was_chosen(
    acme: Provider, client: Client, keep: str
) -> None:
    old = acme.application.user_key
    assert client.post(place(acme, "/user_key/rotate"), {"keep": keep}).status_code == 302
    new = fresh(acme).user_key
    assert new != old
    assert (opens(acme, old), opens(acme, new)) == (True, True)
    former = former_user_keys_of(acme.tenant, acme.application).get()
    _, overlap = OVERLAPS.get(keep, OVERLAPS["24"])
    off = former.expires_at - clock.utc_now() - overlap
    assert abs(off) < timedelta(minutes=1)
    assert "A replaced key works until" in text(client.get(place(acme)))


def test_a_key_can_be_replaced_without_overlap(acme: Provider, client: Client) -> None:
    old = acme.application.user_key
    client.post(place(acme, "/user_key/rotate"), {"keep": "0"})
    assert not opens(acme, old)
    assert "A replaced key works until" not in text(client.get(place(acme)))


def test_replaced_keys_can_be_ended_at_once(acme: Provider, client: Client) -> None:
    old = acme.application.user_key
    client.post(place(acme, "/user_key/rotate"), {"keep": "24"})
    client.post(place(acme, "/user_key/former"))
    assert not opens(acme, old)
    assert opens(acme, fresh(acme).user_key)


def test_a_form_that_is_sent_twice_replaces_once(acme: Provider, client: Client) -> None:
    for _ in range(2):
        client.post(place(acme, "/user_key/rotate"), {"keep": "24", "once": NONCE})
    assert former_user_keys_of(acme.tenant, acme.application).count() == 1


def test_a_key_of_ones_own_takes_the_place_of_the_present_one(
    acme: Provider, client: Client
) -> None:
    old = acme.application.user_key
    client.post(place(acme, "/user_key"), {"value": "my-own-key"})
    assert (opens(acme, "my-own-key"), opens(acme, old)) == (True, False)


@pytest.mark.parametrize("value", ["", "a b", "é" * 8, "x" * 257, "taken-already"])
def test_a_key_that_cannot_be_is_refused_and_the_old_one_stays(
    acme: Provider, client: Client, value: str
) -> None:
    acme.another_application(user_key="taken-already")
    old = acme.application.user_key
    response = client.post(place(acme, "/user_key"), {"value": value})
    assert response.status_code == 422
    assert "is-invalid" in response.content.decode()
    assert fresh(acme).user_key == old


def test_up_to_five_keys_go_with_an_id(acme: Provider, client: Client) -> None:
    by_id_and_key(acme)
    for number in range(5):
        client.post(place(acme, "/keys"), {"value": f"chosen-{number}"})
    response = client.post(place(acme, "/keys"), {"value": "one-too-many"})
    keys = keys_of(acme.tenant, acme.application)
    assert keys.count() == 5
    assert response.status_code == 422
    assert "The limit of 5 keys is reached" in text(response)
    shown = client.get(place(acme)).content.decode()
    assert all(key.value in shown for key in keys)
    assert acme.application.application_id in shown


@pytest.mark.parametrize("value", ["abc", "sp ace", "x" * 300])
def test_a_key_of_the_wrong_form_is_not_added(acme: Provider, client: Client, value: str) -> None:
    by_id_and_key(acme)
    before = keys_of(acme.tenant, acme.application).count()
    response = client.post(place(acme, "/keys"), {"value": value})
    assert response.status_code == 422
    assert keys_of(acme.tenant, acme.application).count() == before


def test_one_of_several_keys_is_replaced_and_another_removed(
    acme: Provider, client: Client
) -> None:
    by_id_and_key(acme)
    one, two = (add_key(acme.application, by=BY) for _ in range(2))
    client.post(place(acme, f"/keys/{one.pk}/rotate"), {"keep": "1", "once": NONCE})
    one.refresh_from_db()
    assert one.expires_at
    assert "replaced, works until" in text(client.get(place(acme)))
    client.post(place(acme, f"/keys/{two.pk}/delete"))
    assert not keys_of(acme.tenant, acme.application).filter(pk=two.pk).exists()
    assert client.post(place(acme, f"/keys/{two.pk}/delete")).status_code == 404


def test_the_last_key_stays_where_one_is_demanded(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, backend_version="oidc")
    key = keys_of(acme.tenant, acme.application).get()
    client.post(place(acme, f"/keys/{key.pk}/delete"))
    page = text(client.get(place(acme)))
    assert "The last key cannot be deleted" in page
    assert ("Client ID" in page, "Client secret" in page) == (True, True)


def test_referrers_are_shown_where_the_product_asks_for_them(
    acme: Provider, client: Client
) -> None:
    assert "Calls may come from" not in text(client.get(place(acme)))
    update_product(acme.product, by=BY, referrer_filters_required=True)
    assert "No call passes until you say" in text(client.get(place(acme)))
    client.post(place(acme, "/referrers"), {"value": "*.example.com"})
    row = acme.application.referrer_filters.get()
    assert row.value in text(client.get(place(acme)))
    assert client.post(place(acme, "/referrers"), {"value": "a/b"}).status_code == 422
    for _ in range(2):
        client.post(place(acme, f"/referrers/{row.pk}/delete"))
    assert not acme.application.referrer_filters.exists()
    [toast] = client.session["toasts"][-1:]
    assert toast["text"] == "Calls from *.example.com are refused"
    client.post(toast["undo"], toast["fields"])
    assert acme.application.referrer_filters.get().value == "*.example.com"


POSTS = [
    ("/user_key/rotate", {}),
    ("/user_key", {"value": "stolen-key"}),
    ("/user_key/former", {}),
    ("/keys", {}),
    ("/referrers", {"value": "evil.example"}),
    ("/state/suspend", {}),
    ("/delete", {"typed": "App"}),
    ("/customize", {}),
]


@pytest.mark.parametrize(("rest", "sent"), POSTS)
def test_strangers_and_members_of_other_products_change_nothing(
    acme: Provider, globex: Provider, rest: str, sent: dict[str, Any]
) -> None:
    add_referrer_filter(acme.application, by=BY, value="a.example")
    other = acme.another_product()
    kept_out = member(acme, User.Section.PARTNERS, products=[other.pk])
    before = fresh(acme)
    for visitor in (admin(globex), kept_out):
        answer = visitor.post(place(acme, rest), sent)
        assert answer.status_code == 404 or answer["Location"] == "/p/admin/applications"
        assert fresh(acme).updated_at == before.updated_at
    assert keys_of(acme.tenant, acme.application).count() == 0
    assert acme.application.referrer_filters.count() == 1


def test_a_key_of_another_application_is_not_there(acme: Provider, client: Client) -> None:
    by_id_and_key(acme)
    theirs = add_key(acme.another_application(), by=BY)
    for act in ("rotate", "delete"):
        assert client.post(place(acme, f"/keys/{theirs.pk}/{act}")).status_code == 404
    assert set(acts.BACK) <= set(acts.SAID)


def test_a_key_is_asked_after_before_it_goes(acme: Provider, client: Client) -> None:
    update_product(acme.product, by=BY, backend_version="2")
    key = add_key(acme.application, by=BY, value="night-bus-key")
    page = client.get(f"/p/admin/applications/{acme.application.pk}").content.decode()
    assert f'data-bs-target="#delete-key-{key.pk}"' in page
    assert "Delete this key?" in page
    path = f"/p/admin/applications/{acme.application.pk}/keys/{key.pk}/delete"
    assert page.count(f'action="{path}"') == 1
    assert not forms.KeyForm().fields["value"].required
