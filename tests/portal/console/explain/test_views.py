"""The inspector's page: a call by its form, a refusal by its id, and who may see what."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.test import Client

from portal.console.explain.book import ID, at_store, note, refusal
from portal.console.visiting import admin, member, text
from portal.people import Provider
from tollway import clock
from tollway.portal.console.explain.forms import OFFERED_MAX
from tollway.portal.console.explain.views import DECISION_CHARACTERS_MAX
from tollway.portal.standing.selectors import refusals_of
from tollway.store.notes import List

pytestmark = pytest.mark.django_db


def url(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/explain"


def test_a_call_is_explained_and_its_key_is_not_kept(
    acme: Provider, client: Client, store_url: str
) -> None:
    key = acme.application.user_key
    sent = {"method": "GET", "path": "/v1?x=1", "where": "draft", "user_key": key}
    response = client.post(url(acme), sent)
    page = text(response)
    assert "Passes to your API" in page
    assert f"{acme.application.name} of {acme.account}, live" in page
    assert response.headers["cache-control"].endswith("private")
    assert "_meta" not in page
    assert key not in str(client.session.items())
    assert key not in client.get(url(acme)).content.decode()


def test_a_bad_path_is_said_at_its_field_and_what_was_entered_stays(
    acme: Provider, client: Client, store_url: str
) -> None:
    response = client.post(url(acme), {"method": "POST", "path": "v1", "where": "draft"})
    assert response.status_code == 422
    assert "Must start with /" in text(response)
    assert 'value="v1"' in response.content.decode()


def test_a_refused_call_is_found_by_its_id(acme: Provider, client: Client, store_url: str) -> None:
    note(store_url, acme, List.REFUSALS, refusal(acme))
    page = text(client.get(url(acme), {"decision": ID.upper()}))
    assert "Over a limit" in page
    assert "hits: 5 of 5 per minute were used, so no room for 1" in page
    assert "GET /v1?page=…" in page
    assert acme.application.name in page


def test_a_limit_of_nothing_is_told_as_off(acme: Provider, client: Client, store_url: str) -> None:
    off = [msgspec.structs.replace(each, maximum=0, used=0) for each in refusal(acme).limits]
    note(store_url, acme, List.REFUSALS, refusal(acme, limits=tuple(off), status=403))
    page = text(client.get(url(acme), {"decision": ID}))
    assert "Off in this plan" in page
    assert "hits: off in the plan" in page


@pytest.mark.parametrize(
    "forged", ["f" * 32, "no id", "' OR 1=1", "x" * (DECISION_CHARACTERS_MAX + 1)]
)
def test_a_forged_id_is_not_found(
    acme: Provider, client: Client, store_url: str, forged: str
) -> None:
    note(store_url, acme, List.REFUSALS, refusal(acme))
    response = client.get(url(acme), {"decision": forged})
    assert response.status_code == 200
    assert "No refusal with this ID" in text(response)


def test_a_refusal_is_gone_after_a_day(acme: Provider, client: Client, store_url: str) -> None:
    old = clock.now() - 86_400
    note(store_url, acme, List.REFUSALS, refusal(acme, at=old))
    assert "No refusal with this ID" in text(client.get(url(acme), {"decision": ID}))
    assert "No call was refused" in text(client.get(url(acme)))


def test_a_stranger_sees_nothing_of_it(acme: Provider, globex: Provider, store_url: str) -> None:
    note(store_url, acme, List.REFUSALS, refusal(acme))
    stranger = admin(globex)
    assert stranger.get(url(acme), {"decision": ID}).status_code == 404
    assert "No refusal with this ID" in text(stranger.get(url(globex), {"decision": ID}))
    assert not refusals_of(globex.tenant, acme.product)


def test_latest_refusals_are_listed_for_a_product_and_an_application(
    acme: Provider, client: Client, store_url: str
) -> None:
    others = [refusal(acme, id=f"{n:032x}", application="") for n in range(30)]
    note(store_url, acme, List.REFUSALS, refusal(acme), *others)
    found = refusals_of(acme.tenant, acme.product)
    assert found
    assert [each.id for each in found] == [each.id for each in reversed(others[10:])]
    [only] = refusals_of(acme.tenant, acme.product, acme.application) or ()
    assert only.id == ID
    assert client.get(url(acme)).content.decode().count("?decision=") == 20


def test_who_called_is_for_those_who_may_see_applications(acme: Provider, store_url: str) -> None:
    note(store_url, acme, List.REFUSALS, refusal(acme))
    page = text(member(acme, "plans").get(url(acme), {"decision": ID}))
    assert acme.application.application_id not in page
    assert f"{acme.application.name} of" not in page
    assert "Takes the permission for accounts and applications" in page


def test_the_page_says_so_when_the_store_is_away(
    acme: Provider, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "TOLLWAY", at_store("unix:///nowhere/valkey.sock"))
    assert "not known now" in text(client.get(url(acme)))


def test_so_many_applications_are_offered_and_one_of_them_is_enough(
    acme: Provider, client: Client, store_url: str
) -> None:
    for number in range(OFFERED_MAX):
        acme.another_application(name=f"Reader {number}")
    page = client.get(url(acme)).content.decode()
    assert f"Reader {OFFERED_MAX - 2} of" in page
    assert f"Reader {OFFERED_MAX - 1} of" not in page
    sent = {"method": "GET", "path": "/", "where": "draft", "caller": str(acme.application.pk)}
    assert "Passes to your API" in text(client.post(url(acme), sent))
