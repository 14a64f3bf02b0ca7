"""Links that invite: made anew for each letter, and written.

No events here: the services that call these append the ones that say what was asked for.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from tollway import clock
from tollway.portal.accounts.models import Invitation, TeamInvitation
from tollway.portal.fields import BASE, digest, refuse
from tollway.portal.mail.letters import Value
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import To, queue
from tollway.portal.tenants.hosts import admin_url, developer_url

LASTS = timedelta(days=7)
# Who is written to again before that gets no second mail.
AGAIN_AFTER = timedelta(minutes=1)
UNUSABLE = "is invalid, has been used, or is too old"

_BYTES = 32


def kind_of(invitation: Invitation | TeamInvitation) -> str:
    """Return what the event log, and the digest of its link, call it."""
    return "invitation" if isinstance(invitation, Invitation) else "team_invitation"


def renew(invitation: Invitation | TeamInvitation) -> str:
    """Give it a new token, without saving; return the token's value."""
    value, at = secrets.token_urlsafe(_BYTES), clock.utc_now()
    invitation.digest = digest(kind_of(invitation), value)
    invitation.sent_at, invitation.expires_at = at, at + LASTS
    return value


def write(invitation: Invitation | TeamInvitation, value: str, *, reminder: bool = False) -> Mail:
    tenant = invitation.tenant
    values: dict[str, Value] = {"inviter": tenant.org_name, "days": LASTS.days}
    values["reminder"] = reminder
    if isinstance(invitation, Invitation):
        audience, url = Audience.DEVELOPER, developer_url(tenant, f"/signup/{value}")
        values["group"] = invitation.account.org_name
    else:
        audience, url = Audience.ADMIN, admin_url(tenant, f"/p/signup/{value}")
        values["group"] = tenant.org_name
    kind = kind_of(invitation)
    return queue(
        tenant,
        kind,
        To(invitation.email, audience),
        {**values, "url": url},
        key=f"{kind} {invitation.pk} {invitation.digest}",
        until=invitation.expires_at,
    )


def send_again(invitation: Invitation | TeamInvitation, *, reminder: bool = False) -> Mail | None:
    """Write once more, from a locked row; the link before ends. None so soon after the last."""
    if invitation.accepted_at is not None:
        raise refuse(BASE, "The invitation has been accepted")
    if invitation.sent_at > clock.utc_now() - AGAIN_AFTER:
        return None
    value = renew(invitation)
    invitation.save(update_fields=["digest", "sent_at", "expires_at", "updated_at"])
    return write(invitation, value, reminder=reminder)


def lock_open(invitation: Invitation | TeamInvitation) -> None:
    """Of many who accept at once, one does; of a letter that was sent again, the last counts."""
    seen = invitation.digest
    open_rows = type(invitation)._default_manager.select_for_update(no_key=True)  # noqa: SLF001
    if not open_rows.filter(pk=invitation.pk, digest=seen, accepted_at__isnull=True).exists():
        raise refuse("token", UNUSABLE)
