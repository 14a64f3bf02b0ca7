"""Notes on an account: written, changed, deleted and brought back, seen by the provider alone."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import Note, User
from tollway.portal.accounts.services import add_note, change_note
from tollway.portal.console.accounts import notes
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db


def path(provider: Provider, what: str = "") -> str:
    return f"/buyers/accounts/{provider.account.pk}{what}"


def noted(provider: Provider, said: str = "Pays late") -> Note:
    return add_note(provider.account, said, author=provider.admin, by=BY)


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def test_a_note_is_added_once_and_shown_with_who_and_when(acme: Provider, client: Client) -> None:
    sent = {"text": " Pays late\nsince May ", "once": NONCE}
    for _ in range(2):
        assert client.post(path(acme, "/notes"), sent)["Location"] == path(acme)
    note = Note.objects.get()
    assert (note.text, note.author) == ("Pays late\nsince May", acme.admin)
    shown = text(client.get(path(acme)))
    assert "Pays late since May admin, just now" in shown
    event = Event.objects.get(kind="note.created")
    assert "Pays" not in str(event.after)


def test_the_page_of_an_account_shows_how_a_long_note_begins(
    acme: Provider, client: Client
) -> None:
    note = noted(acme, "Begins. " + "Goes on. " * 200 + "Ends.")
    page = client.get(path(acme))
    assert ("Begins." in text(page), "Ends." in text(page)) == (True, False)
    assert f'href="{path(acme, f"/notes/{note.pk}")}">Read on' in page.content.decode()
    assert "Ends." in text(client.get(path(acme, "/notes")))


@pytest.mark.parametrize(
    ("sent", "said"), [("", "Enter a note."), ("x" * 5001, "at most 5000 characters")]
)
def test_a_note_that_says_nothing_or_too_much_is_refused(
    acme: Provider, client: Client, sent: str, said: str
) -> None:
    answer = client.post(path(acme, "/notes"), {"text": sent})
    assert (answer.status_code, said in text(answer)) == (422, True)
    note = noted(acme)
    answer = client.post(path(acme, f"/notes/{note.pk}"), {"text": sent})
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert [each.text for each in Note.objects.all()] == ["Pays late"]


def test_a_note_is_changed_and_two_editors_do_not_overwrite_each_other(
    acme: Provider, client: Client
) -> None:
    note = noted(acme)
    edit = path(acme, f"/notes/{note.pk}")
    opened = client.get(edit)
    sent = {"text": "Pays at once", "seen": seen(opened), "was": seen(opened, "was")}
    change_note(note, "Pays never", by=BY)
    clash = client.post(edit, sent)
    assert (clash.status_code, "Pays never" in text(clash)) == (409, True)
    client.post(edit, {**sent, "seen": seen(clash), "was": seen(clash, "was")})
    note.refresh_from_db()
    assert note.text == "Pays at once"
    assert notes.values(note) == {"text": "Pays at once"}


def test_a_note_is_deleted_and_brought_back(acme: Provider, client: Client) -> None:
    note = noted(acme)
    for _ in range(2):
        client.post(path(acme, f"/notes/{note.pk}/delete"))
    assert "Pays late" not in text(client.get(path(acme)))
    assert client.get(path(acme, f"/notes/{note.pk}")).status_code == 404
    client.post(path(acme, f"/notes/{note.pk}/delete"))
    client.post(path(acme, f"/notes/{note.pk}/restore"))
    assert "The note is back" in toasts(client)
    assert "Pays late" in text(client.get(path(acme)))
    client.post(path(acme, f"/notes/{note.pk}/restore"))
    assert "Nothing was changed" in toasts(client)
    kinds = Event.objects.filter(kind__startswith="note.").values_list("kind", flat=True)
    assert list(kinds) == ["note.created", "note.deleted", "note.restored"]


def test_many_notes_have_a_page_of_their_own(acme: Provider, client: Client) -> None:
    for number in range(12):
        noted(acme, f"Note {number:02}")
    shown = text(client.get(path(acme)))
    assert ("All 12" in shown, "Note 11" in shown, "Note 01" in shown) == (True, True, False)
    assert "Note 01" in text(client.get(path(acme, "/notes")))


def test_a_note_is_for_who_may_see_accounts_and_for_no_stranger(
    acme: Provider, globex: Provider
) -> None:
    note = noted(acme)
    stranger = admin(globex)
    for what in ("/notes", f"/notes/{note.pk}", f"/notes/{note.pk}/delete"):
        assert stranger.post(path(acme, what), {"text": "x"}).status_code == 404
        assert stranger.post(path(globex, what), {"text": ""}).status_code in {302, 404, 422}
    assert Note.objects.get().deleted_at is None
    assert "Pays late" in text(member(acme, User.Section.PARTNERS).get(path(acme)))


def test_no_developer_sees_a_note(acme: Provider) -> None:
    noted(acme, "zebra")
    client = Client(headers={"host": "acme.localhost:3000"})
    client.force_login(acme.developer)
    for address in ("/admin", "/admin/applications", "/"):
        assert "zebra" not in client.get(address).content.decode()
