"""Notes on accounts: written, changed, deleted, brought back. Events do not hold their texts."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from tollway import clock
from tollway.portal.accounts.models import Account, Note, User
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import change, fill, lock

KEPT = timedelta(days=1)  # a deleted note, for whoever deleted it by mistake


@transaction.atomic
def add_note(account: Account, text: str, *, author: User, by: Actor) -> Note:
    """Write a note down; at most ``NOTE_LENGTH_MAX`` characters."""
    note = Note(tenant=account.tenant, account=account, author=author)
    fill(note, {"text": text.strip()}, ("text",))
    note.save()
    _append(note, "created", by=by)
    return note


@transaction.atomic
def change_note(note: Note, text: str, *, by: Actor) -> None:
    _, after = change(note, {"text": text.strip()}, ("text",))
    if after:
        _append(note, "updated", by=by)


@transaction.atomic
def delete_note(note: Note, *, by: Actor) -> None:
    """Take a note away. ``restore_note`` brings it back, for a day; twice is once."""
    now = clock.utc_now()
    Note.objects.filter(tenant=note.tenant, deleted_at__lt=now - KEPT).delete()
    lock(note)
    if note.deleted_at is None:
        note.deleted_at = now
        note.save(update_fields=["deleted_at"])
        _append(note, "deleted", by=by)


@transaction.atomic
def restore_note(note: Note, *, by: Actor) -> None:
    lock(note)
    if note.deleted_at is not None:
        note.deleted_at = None
        note.save(update_fields=["deleted_at"])
        _append(note, "restored", by=by)


def _append(note: Note, what: str, *, by: Actor) -> None:
    after = {"account_id": note.account_id}
    events.append(note.tenant, f"note.{what}", note.pk, by=by, after=after)
