"""Hosts of a tenant's own for its two portals: wanted, proved, used, given back.

    want_domain(tenant, Audience.DEVELOPER, "portal.acme.example", by=by)
    use_domain(tenant, Audience.DEVELOPER, names.look_up(…), by=by)

Anybody may want any name: what counts is the proof in the DNS, which another tenant's is not. So
nobody can keep a name from whoever has it, and a domain that was sold goes to its new owner.
Raises ``ValidationError`` at the column of what is wanted.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.crypto import salted_hmac
from msgspec import Struct

from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.fields import TAKEN, change, lock, refuse
from tollway.portal.mail.models import Audience
from tollway.portal.storefront.names import Seen
from tollway.portal.tenants.hosts import first_admin_host, first_developer_host
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import holders_of, master

NOT_ALLOWED = "is not part of your plan"
OTHER_PORTAL = "is the host of your other portal"
NO_PROOF = "has no proof in the DNS yet"
ELSEWHERE = "leads elsewhere"
CHANGED = "was changed meanwhile"
_PROOF_LENGTH = 40


class Domain(Struct, frozen=True):
    """One portal's hosts: ``first`` is there for good; ``used`` and ``wanted`` are "" if none."""

    audience: Audience
    first: str
    used: str
    wanted: str


def domain_of(tenant: Tenant, audience: Audience) -> Domain:
    first = first_admin_host if audience is Audience.ADMIN else first_developer_host
    used, wanted = columns(audience)
    return Domain(audience, first(tenant), getattr(tenant, used), getattr(tenant, wanted))


def columns(audience: Audience) -> tuple[str, str]:
    """Return the names of what is used, and of what is wanted."""
    return f"{audience.value}_domain", f"wanted_{audience.value}_domain"


def proof_of(tenant: Tenant, host: str) -> str:
    """Return the text that has to stand in the DNS for this tenant, and for no other."""
    said = f"{tenant.pk} {host}"
    made = salted_hmac("tollway.domain", said, algorithm="sha256").hexdigest()
    return f"tollway={made[:_PROOF_LENGTH]}"


@transaction.atomic
def want_domain(tenant: Tenant, audience: Audience, host: str, *, by: Actor) -> None:
    """Note which host a portal shall have. It is used from ``use_domain`` on.

    "" goes back to ours at once, and what is used already ends what was wanted besides.
    """
    lock(tenant)
    used, wanted = columns(audience)
    if host and not tenant.domains_allowed and host != getattr(tenant, used):
        raise refuse(wanted, NOT_ALLOWED)
    _unlike_the_other(tenant, audience, host)
    if not host:
        changes = {used: "", wanted: ""}
    else:
        changes = {wanted: "" if host == getattr(tenant, used) else host}
    _change(tenant, changes, by)


@transaction.atomic
def use_domain(
    tenant: Tenant, audience: Audience, seen: Seen, *, by: Actor, anyway: bool = False
) -> None:
    """Use the host that is wanted, if its proof was seen, and if it leads here or ``anyway``.

    Who used it before, for a domain changes hands, loses it unless their proof stands there, too.
    """
    operator = master()
    if operator is not None:
        lock(operator)  # two who want one host come one after the other
    lock(tenant)
    used, wanted = columns(audience)
    host = getattr(tenant, wanted)
    if not host or host != seen.host:
        raise refuse(wanted, CHANGED)
    if not tenant.domains_allowed:
        raise refuse(wanted, NOT_ALLOWED)
    _unlike_the_other(tenant, audience, host)
    if proof_of(tenant, host) not in seen.texts:
        raise refuse(wanted, NO_PROOF)
    if not (seen.here or anyway):
        raise refuse(wanted, ELSEWHERE)
    for holder in holders_of(host).exclude(pk=tenant.pk):
        if proof_of(holder, host) in seen.texts:
            raise refuse(wanted, TAKEN)
        _release(holder, host)
    _change(tenant, {used: host, wanted: ""}, by)


def _release(holder: Tenant, host: str) -> None:
    held = [used for used, _ in map(columns, Audience) if getattr(holder, used) == host]
    _change(holder, dict.fromkeys(held, ""), SYSTEM)


def _unlike_the_other(tenant: Tenant, audience: Audience, host: str) -> None:
    other = Audience.DEVELOPER if audience is Audience.ADMIN else Audience.ADMIN
    theirs = {getattr(tenant, column) for column in columns(other)}
    if host and host in theirs:
        raise refuse(columns(audience)[1], OTHER_PORTAL)


def _change(tenant: Tenant, changes: dict[str, str], by: Actor) -> None:
    before, after = change(tenant, changes, changes)
    if after:
        events.append(tenant, "tenant.updated", tenant.pk, by=by, before=before, after=after)
