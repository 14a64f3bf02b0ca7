"""Addresses of the tenant's own people: 3scale's."""

from __future__ import annotations

from django.urls import URLPattern

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import ADMINS, ANYBODY, page
from tollway.portal.console.team import invitations, joining, organisation, users

_ALL = "p/admin/account/users"
_ONE = f"{_ALL}/<int:user_id>"
_INVITATIONS = "p/admin/account/invitations"
_INVITATION = f"{_INVITATIONS}/<int:invitation_id>"

routes: list[URLPattern] = [
    page(_ALL, users.index, name="team", section=ADMINS),
    page(f"{_ONE}/edit", users.edit, name="team-user", section=ADMINS),
    page(f"{_ONE}/state/<slug:event>", users.move, name="team-user-state", section=ADMINS),
    page(f"{_ONE}/link", users.send_link, name="team-user-link", section=ADMINS),
    page(f"{_ONE}/delete", users.delete, name="team-user-delete", section=ADMINS),
    page(_INVITATIONS, invitations.index, name="team-invitations", section=ADMINS),
    page(f"{_INVITATIONS}/new", invitations.new, name="team-invite", section=ADMINS),
    page(f"{_INVITATION}/resend", invitations.resend, name="team-resend", section=ADMINS),
    page(f"{_INVITATION}/delete", invitations.delete, name="team-uninvite", section=ADMINS),
    page(
        "p/admin/account/edit",
        organisation.edit,
        name="organisation",
        section=User.Section.SETTINGS,
    ),
    page("p/signup/<str:code>", joining.page, name="team-join", section=ANYBODY),
]
