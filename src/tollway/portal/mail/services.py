"""Writing messages beside the change that asks for them, and settling what became of them.

No function here appends an event: a message is no change of its own.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from django.conf import settings
from django.db import connection, transaction
from msgspec import Struct

from tollway import clock
from tollway.portal.fields import seal, unseal
from tollway.portal.mail import selectors
from tollway.portal.mail.addresses import checked, parted
from tollway.portal.mail.letters import Letter, Value, one_line, write
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master
from tollway.store.sealing import UnsealError

# Longer than a conversation about one message can take (``smtp.TIMEOUT_S`` for each answer).
CLAIM = timedelta(minutes=5)
# After the first try that failed for now, the second, ...: ten tries within a day.
PAUSES_S = (10, 60, 300, 900, 3600, 7200, 14400, 28800, 28800)
RETENTION = timedelta(days=14)
NAME_LENGTH_MAX = 80

_logger = logging.getLogger(__name__)


class To(Struct, frozen=True):
    address: str
    audience: Audience


class Content(Struct, frozen=True):
    text: str
    html: str


class Delivery(Struct, frozen=True):
    """What the server said. Nothing: it took the message. ``final``: it never will."""

    reason: str = ""
    final: bool = False


class Post(Protocol):
    """Takes messages to the server: ``smtp.Post``."""

    def send(self, mail: Mail, content: Content) -> Delivery: ...


def queue(
    tenant: Tenant,
    template: str,
    to: To,
    values: Mapping[str, Value],
    *,
    key: str,
    until: datetime | None = None,
) -> Mail:
    """Write a message, in the transaction of the change that it tells of.

    ``template`` is the name of one of ``templates/mail``, ``values`` what it says. ``key`` names
    the occasion: a second message for the same one is not made, the first is returned. After
    ``until`` it is not sent any more.

    To developers a tenant writes in its own name and from its own address, if it has one
    (`from_email`); to admins, the operator does. Answers go to the support address. Raises
    ``ValidationError`` for an address that cannot be written to.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a mail belongs to its change's transaction")
    recipient = checked(to.address)
    name, sender, reply_to = _sender(tenant, to.audience)
    about: dict[str, Value] = {
        "brand": name,
        "organisation": _name(tenant.org_name),
        "for_admins": to.audience is Audience.ADMIN,
    }
    letter = write(template, {**values, **about})
    message_id = f"<{uuid.uuid4().hex}@{sender.rpartition('@')[2]}>"
    mail, _ = Mail.objects.get_or_create(
        tenant=tenant,
        key=key,
        defaults={
            "template": template,
            "audience": to.audience,
            "recipient": recipient,
            "sender": sender,
            "sender_name": name,
            "reply_to": reply_to,
            "subject": letter.subject,
            "content_sealed": _sealed(letter, message_id),
            "message_id": message_id,
            "next_try_at": clock.utc_now(),
            "until": until,
        },
    )
    return mail


def content_of(mail: Mail) -> Content | None:
    """Return what the message says, None once that is not kept. Raises ``UnsealError``."""
    if not mail.content_sealed:
        return None
    text = unseal(mail.content_sealed, _context(mail.message_id))
    return msgspec.json.decode(text, type=Content)


def deliver_next(post: Post, *, keep_content: bool) -> bool:
    """Send the message that has been due longest; say whether there was one.

    Claimed, sent and settled one by one: no transaction is open while the server is talked to, and
    as many workers as one likes may do this at once. Nothing is sent twice, but for this: a worker
    that dies after the server took a message and before that is noted (or loses the server's answer
    to it) leaves a claim, and when that ends, after ``CLAIM``, the message is sent once more, under
    the same Message-ID.
    """
    mail = _claim(clock.utc_now())
    if mail is None:
        return False
    delivery = _refusal(mail) or _sent(post, mail)
    _settle(mail, delivery, keep_content=keep_content)
    return True


def keep_unsent(*, keep_content: bool) -> int:
    """Settle what waits where there is no server: it is read in the mailbox, or not at all."""
    changes = {"state": Mail.State.KEPT, "settled_at": clock.utc_now()}
    if not keep_content:
        changes["content_sealed"] = b""
    return Mail.objects.filter(state=Mail.State.WAITING).update(**changes)


def tidy() -> int:
    """Delete messages that were settled ``RETENTION`` ago; return how many."""
    count, _ = Mail.objects.filter(settled_at__lt=clock.utc_now() - RETENTION).delete()
    return count


@transaction.atomic
def _claim(at: datetime) -> Mail | None:
    """Take a message away from all other workers for a while. SQLite has one writer anyway."""
    waiting = selectors.due(at).select_for_update(skip_locked=True, no_key=True)
    mail = waiting.order_by("next_try_at", "id").first()
    if mail is not None:
        mail.attempts += 1
        mail.next_try_at = at + CLAIM
        mail.save(update_fields=["attempts", "next_try_at", "updated_at"])
    return mail


def _refusal(mail: Mail) -> Delivery | None:
    """Say why a message is not even tried any more."""
    if mail.until is not None and mail.until <= clock.utc_now():
        return Delivery(f"too late to be of use; before that: {mail.reason or 'not tried'}", True)
    if mail.attempts > len(PAUSES_S) + 1:
        return Delivery("the worker ended each time that it tried", True)
    return None


def _sent(post: Post, mail: Mail) -> Delivery:
    try:
        content = content_of(mail)
    except UnsealError as error:
        return Delivery(str(error), final=True)
    return post.send(mail, content) if content else Delivery("its text is gone", final=True)


def _settle(mail: Mail, delivery: Delivery, *, keep_content: bool) -> None:
    failed = delivery.final or mail.attempts > len(PAUSES_S)
    changes: dict[str, object] = {"reason": delivery.reason}
    if delivery.reason and not failed:
        changes["next_try_at"] = clock.utc_now() + timedelta(seconds=PAUSES_S[mail.attempts - 1])
    else:
        changes["state"] = Mail.State.FAILED if delivery.reason else Mail.State.SENT
        changes["settled_at"] = clock.utc_now()
        if not keep_content:
            changes["content_sealed"] = b""
    mine = Mail.objects.filter(pk=mail.pk, attempts=mail.attempts, state=Mail.State.WAITING)
    if not mine.update(**changes):
        _logger.warning("mail %s: settled after its claim had ended", mail.pk)
    elif delivery.reason:
        what = "given up" if failed else "put off"
        _logger.warning("mail %s (%s) %s: %s", mail.pk, mail.template, what, delivery.reason)


def _sender(tenant: Tenant, audience: Audience) -> tuple[str, str, str]:
    """Return in whose name, from which address, and to which one answers go."""
    brand, address = parted(settings.TOLLWAY.mail_from)
    owner = tenant if audience is Audience.DEVELOPER else master() or tenant
    name = tenant.org_name if audience is Audience.DEVELOPER else brand or "Tollway"
    reply_to = checked(owner.support_email) if owner.support_email else ""
    return _name(name), checked(owner.from_email or address), reply_to


def _name(text: str) -> str:
    return one_line(text)[:NAME_LENGTH_MAX]


def _sealed(letter: Letter, message_id: str) -> bytes:
    content = msgspec.json.encode(Content(letter.text, letter.html)).decode()
    return seal(content, _context(message_id))


def _context(message_id: str) -> str:
    return f"mail {message_id}"
