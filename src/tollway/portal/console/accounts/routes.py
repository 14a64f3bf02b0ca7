"""The addresses of accounts, as 3scale's users know them."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.console.accounts import index, notes, users
from tollway.portal.console.accounts import page as account
from tollway.portal.console.pages import page

_WHO = User.Section.PARTNERS
_ALL = "buyers/accounts"
_ONE = f"{_ALL}/<int:account_id>"
_NOTE = f"{_ONE}/notes/<int:note_id>"
_USER = f"{_ONE}/users/<int:user_id>"

routes = [
    page(_ALL, index.index, name="accounts", section=_WHO),
    page(f"{_ALL}/new", account.new, name="account-new", section=_WHO),
    page(_ONE, account.index, name="account", section=_WHO),
    page(f"{_ONE}/edit", account.edit, name="account-edit", section=_WHO),
    page(f"{_ONE}/plan", account.change_plan, name="account-plan-change", section=_WHO),
    page(f"{_ONE}/delete", account.delete, name="account-delete", section=_WHO),
    page(f"{_ONE}/state/<slug:event>", index.move, name="account-state", section=_WHO),
    page(f"{_ONE}/notes", notes.index, name="account-notes", section=_WHO),
    page(_NOTE, notes.edit, name="account-note", section=_WHO),
    page(f"{_NOTE}/delete", notes.delete, name="account-note-delete", section=_WHO),
    page(f"{_NOTE}/restore", notes.restore, name="account-note-restore", section=_WHO),
    page(f"{_ONE}/users", users.index, name="account-users", section=_WHO),
    page(_USER, users.edit, name="account-user", section=_WHO),
    page(f"{_USER}/state/<slug:event>", users.move, name="account-user-state", section=_WHO),
    page(f"{_USER}/delete", users.delete, name="account-user-delete", section=_WHO),
]
