"""A letter in a provider's own words, to the admins of a developer's account."""

from __future__ import annotations

from django.db import transaction

from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.selectors import users_of
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, refuse
from tollway.portal.mail.letters import Letter, Value, write
from tollway.portal.mail.models import Audience
from tollway.portal.mail.selectors import mails_of
from tollway.portal.mail.services import To, queue
from tollway.portal.tenants.models import Tenant

TEMPLATE = "message"


@transaction.atomic
def write_to(account: Account, subject: str, body: str, *, occasion: str, by: Actor) -> None:
    """Write to the account's active admins, once for each ``occasion``.

    Refused for an account without any who has an address.
    """
    tenant = account.tenant
    admins = users_of(tenant, account).filter(role=User.Role.ADMIN, state=User.State.ACTIVE)
    keys = {f"{occasion} {user.pk}": user for user in admins.exclude(email="")}
    if not keys:
        raise refuse(BASE, "It has no active admin with an e-mail address")
    written = set(mails_of(tenant).filter(key__in=keys).values_list("key", flat=True))
    if not keys.keys() - written:
        return
    for key in keys.keys() - written:
        to = To(keys[key].email, Audience.DEVELOPER)
        queue(tenant, TEMPLATE, to, _values(subject, body), key=key)
    after = {"subject": subject}
    events.append(tenant, "account.written_to", account.pk, by=by, after=after)


def preview(tenant: Tenant, subject: str, body: str) -> Letter:
    """Return the letter as an account's admins would get it."""
    about: dict[str, Value] = {
        "brand": tenant.org_name,
        "organisation": tenant.org_name,
        "for_admins": False,
    }
    return write(TEMPLATE, {**_values(subject, body), **about})


def _values(subject: str, body: str) -> dict[str, Value]:
    """Keep line ends, which whoever typed them meant: in a letter, only a blank line shows."""
    return {"title": subject, "body": "\n\n".join(body.splitlines())}
