"""What the provider's people write down about an account, for one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import NOTE_LENGTH_MAX, Account, Note
from tollway.portal.accounts.services import add_note, change_note, delete_note, restore_note
from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.accounts.index import SECTION
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.saving import Edit, edited
from tollway.portal.console.shell import show
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell


class NoteForm(PageForm):
    text = forms.CharField(
        label="Note",
        max_length=NOTE_LENGTH_MAX,
        help_text="Developers never see it.",
        error_messages={"required": "Enter a note."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def values(note: Note) -> dict[str, Any]:
    return {"text": note.text}


@once
def index(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show all notes of an account; a POST adds one."""
    account = account_or_404(request, account_id)
    if request.method != "POST":
        return _list(request, account, NoteForm())
    form, added = NoteForm(request.POST), None
    if form.is_valid():
        text, user, by = form.cleaned_data["text"], user_of(request), actor_of(request)
        added = form.attempt(lambda: add_note(account, text, author=user, by=by))
    if added is None:
        return _list(request, account, form, status=422)
    return _told(request, account, "The note is added")


def _list(
    request: HttpRequest, account: Account, form: NoteForm, *, status: int = 200
) -> HttpResponse:
    notes = selectors.notes_of(account.tenant, account)
    listing = listed(request, notes, sorts={"written": "created_at"}, default="-written")
    context = {"account": account, "note_form": form, "listing": listing}
    return show(request, "console/accounts/notes.html", SECTION, context, status=status)


def edit(request: HttpRequest, account_id: int, note_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    note = selectors.notes_of(account.tenant, account).filter(pk=note_id).first()
    if note is None:
        raise Http404
    by = actor_of(request)

    def page(note: Note, context: Mapping[str, Any], status: int) -> HttpResponse:
        context = {"account": account, "note": note, **context}
        return show(request, "console/accounts/note.html", SECTION, context, status=status)

    editing = Edit(
        form=NoteForm,
        values=values,
        act=lambda note, form: change_note(note, form.cleaned_data["text"], by=by),
        page=page,
        done=lambda _: _told(request, account, "The note is saved"),
    )
    return edited(request, note, editing)


@require_POST
def delete(request: HttpRequest, account_id: int, note_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    note = selectors.notes_of(account.tenant, account).filter(pk=note_id).first()
    if note is None:  # gone already, as was wanted
        return redirect("account", account_id=account.pk)
    delete_note(note, by=actor_of(request))
    undo = reverse("account-note-restore", args=(account.pk, note.pk))
    return _told(request, account, "The note is deleted", undo=undo)


@require_POST
def restore(request: HttpRequest, account_id: int, note_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    note = selectors.deleted_note(account.tenant, account, note_id)
    if note is None:
        return _told(request, account, "Nothing was changed")
    restore_note(note, by=actor_of(request))
    return _told(request, account, "The note is back")


def _told(request: HttpRequest, account: Account, text: str, **undo: str) -> HttpResponse:
    tell(request, text, **undo)
    return redirect("account", account_id=account.pk)
