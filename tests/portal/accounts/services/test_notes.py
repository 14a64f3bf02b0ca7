"""Notes on accounts as services keep them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.models import NOTE_LENGTH_MAX, Note
from tollway.portal.accounts.services import notes
from tollway.portal.accounts.services.notes import add_note, change_note, delete_note

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "x" * (NOTE_LENGTH_MAX + 1)])
def test_a_text_that_cannot_be_kept_is_refused(acme: Provider, text: str) -> None:
    with pytest.raises(ValidationError):
        add_note(acme.account, text, author=acme.admin, by=BY)
    note = add_note(acme.account, "fine", author=acme.admin, by=BY)
    with pytest.raises(ValidationError):
        change_note(note, text, by=BY)


def test_what_was_deleted_goes_for_good_after_a_while(acme: Provider, globex: Provider) -> None:
    old, theirs, now = (
        add_note(each.account, "x", author=each.admin, by=BY) for each in (acme, globex, acme)
    )
    for note in (old, theirs):
        delete_note(note, by=BY)
        assert note.deleted_at is not None
        before = note.deleted_at - notes.KEPT * 2
        Note.objects.filter(pk=note.pk).update(deleted_at=before)
    delete_note(now, by=BY)
    assert set(Note.objects.values_list("pk", flat=True)) == {theirs.pk, now.pk}
