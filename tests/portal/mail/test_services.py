"""Messages are written once, beside their change, and keep their secrets."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import override_settings

from portal.mail.letters_sent import URL, ann, put
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.services import update_tenant
from tollway.portal.mail import services
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import Content, Delivery, To, content_of, deliver_next
from tollway.portal.mail.smtp import envelope

pytestmark = pytest.mark.django_db


class Telling:
    """Answers as it is told to; the real way to a server is in test_smtp.py."""

    def __init__(self, *answers: Delivery) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    def send(self, mail: Mail, content: Content) -> Delivery:
        self.sent.append(mail.message_id)
        return self.answers.pop(0) if self.answers else Delivery()


def changed(**settings_: Any) -> override_settings:
    return override_settings(TOLLWAY=msgspec.structs.replace(settings.TOLLWAY, **settings_))


def later() -> None:
    """Let everything that was put off be due."""
    Mail.objects.filter(state="waiting").update(
        next_try_at=datetime.fromtimestamp(clock.now(), UTC) - timedelta(seconds=1)
    )


def test_one_occasion_is_one_message(acme: Provider, globex: Provider) -> None:
    first = put(acme.tenant, "sign-up 1")
    assert put(acme.tenant, "sign-up 1", ann("other@dev.example")) == first
    assert put(acme.tenant, "sign-up 2") != first
    assert put(globex.tenant, "sign-up 1") != first
    assert Mail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_message_belongs_to_the_transaction_of_its_change(acme: Provider) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.queue(acme.tenant, "activation", ann(), {}, key="k")


def test_a_change_that_fails_writes_to_nobody(acme: Provider) -> None:
    def work() -> None:
        put(acme.tenant)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transaction.atomic(work)()
    assert not Mail.objects.exists()


def test_no_link_lies_in_the_database_in_the_clear(acme: Provider) -> None:
    mail = put(acme.tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mail_mail")
        row = cursor.fetchone()
    assert not any("s3cret" in str(bytes(v) if isinstance(v, memoryview) else v) for v in row)
    content = content_of(Mail.objects.get(pk=mail.pk))
    assert content is not None
    assert URL in content.text
    assert URL in content.html


def test_the_content_of_one_message_does_not_open_in_another(acme: Provider) -> None:
    one, another = put(acme.tenant, "1"), put(acme.tenant, "2")
    Mail.objects.filter(pk=another.pk).update(content_sealed=one.content_sealed)
    post = Telling()
    deliver_next(post, keep_content=False)
    deliver_next(post, keep_content=False)
    another.refresh_from_db()
    assert another.state == "failed"
    assert "not sealed for this" in another.reason
    assert post.sent == [one.message_id]


@pytest.mark.parametrize(
    ("mailbox", "state", "answer"),
    [
        ("off", "sent", Delivery()),
        ("on", "sent", Delivery()),
        ("off", "failed", Delivery("550 no", final=True)),
        ("on", "failed", Delivery("550 no", final=True)),
    ],
)
def test_what_is_settled_keeps_its_text_for_a_mailbox_only(
    acme: Provider, mailbox: str, state: str, answer: Delivery
) -> None:
    mail, keep = put(acme.tenant), mailbox == "on"
    assert deliver_next(Telling(answer), keep_content=keep)
    mail.refresh_from_db()
    assert mail.state == state
    assert mail.reason == answer.reason
    assert mail.settled_at
    assert (content_of(mail) is not None) is keep
    assert not deliver_next(Telling(), keep_content=keep)


def test_a_temporary_failure_is_tried_again_ever_later_and_given_up(
    acme: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    mail = put(acme.tenant)
    post = Telling(*[Delivery("451 later")] * 20)
    pauses = []
    with caplog.at_level(logging.WARNING):
        while deliver_next(post, keep_content=False):
            mail.refresh_from_db()
            assert not deliver_next(post, keep_content=False)  # not before its time
            pauses.append((mail.next_try_at - clock.utc_now()).total_seconds())
            later()
    tries = len(services.PAUSES_S) + 1
    assert len(post.sent) == tries
    assert set(post.sent) == {mail.message_id}
    for pause, expected in zip(pauses, services.PAUSES_S, strict=False):
        assert expected - 10 < pause <= expected
    assert (mail.state, mail.reason) == ("failed", "451 later")
    assert caplog.messages[-1].endswith("(activation) given up: 451 later")
    assert "s3cret" not in caplog.text
    assert "ann@" not in caplog.text


def test_a_message_that_ends_its_worker_each_time_is_given_up(acme: Provider) -> None:
    mail = put(acme.tenant)
    Mail.objects.update(attempts=len(services.PAUSES_S) + 1)
    post = Telling()
    assert deliver_next(post, keep_content=False)
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert "the worker ended" in mail.reason
    assert post.sent == []


def test_what_is_of_no_use_any_more_is_not_sent(acme: Provider) -> None:
    mail = put(acme.tenant, until=clock.utc_now())
    post = Telling()
    assert deliver_next(post, keep_content=False)
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert "too late" in mail.reason
    assert post.sent == []


def test_a_claim_that_has_ended_settles_nothing(acme: Provider) -> None:
    """A worker was away for longer than its claim, and another one did its work."""
    mail = put(acme.tenant)

    class Slow(Telling):
        def send(self, mail: Mail, content: Content) -> Delivery:
            later()
            assert deliver_next(other, keep_content=False)
            return Delivery("451 later")

    other = Telling()
    assert deliver_next(Slow(), keep_content=False)
    mail.refresh_from_db()
    assert (mail.state, mail.reason) == ("sent", "")


def test_old_messages_go(acme: Provider) -> None:
    old, new, waiting = put(acme.tenant, "1"), put(acme.tenant, "2"), put(acme.tenant, "3")
    for _ in range(2):
        deliver_next(Telling(), keep_content=True)
    Mail.objects.filter(pk=old.pk).update(
        settled_at=clock.utc_now() - services.RETENTION - timedelta(seconds=1)
    )
    assert services.tidy() == 1
    assert set(Mail.objects.all()) == {new, waiting}


def test_without_a_server_what_waits_is_kept_for_the_mailbox(acme: Provider) -> None:
    mail = put(acme.tenant)
    assert services.keep_unsent(keep_content=True) == 1
    mail.refresh_from_db()
    assert mail.state == "kept"
    assert content_of(mail)
    put(acme.tenant, "2")
    assert services.keep_unsent(keep_content=False) == 1
    assert content_of(Mail.objects.get(key="2")) is None
    assert not deliver_next(Telling(), keep_content=True)


def test_developers_hear_from_their_provider_and_admins_from_the_operator(
    acme: Provider,
) -> None:
    with changed(mail_from="Road Works <no-reply@platform.example>"):
        check_senders(acme)


def check_senders(acme: Provider) -> None:
    to_ann = put(acme.tenant, "1")
    assert (to_ann.sender_name, to_ann.sender) == ("Acme", "no-reply@platform.example")
    assert to_ann.reply_to == "admin@acme.example"
    to_admin = put(acme.tenant, "2", To("admin@acme.example", Audience.ADMIN))
    assert (to_admin.sender_name, to_admin.sender) == ("Road Works", "no-reply@platform.example")
    assert to_admin.reply_to == ""
    update_tenant(acme.tenant, by=BY, from_email="hello@acme.example")
    to_ann = put(acme.tenant, "3")
    assert to_ann.sender == "hello@acme.example"
    assert to_ann.message_id.endswith("@acme.example>")
    to_admin = put(acme.tenant, "4", To("admin@acme.example", Audience.ADMIN))
    assert to_admin.sender == "no-reply@platform.example"


@pytest.mark.parametrize(
    "address",
    [
        "", "ann", "ann@", "@dev.example", "ann@dev.example\nBcc: all@dev.example",
        "ann@dev.example\r\n", "ann@dev.example, bob@dev.example", "<ann@dev.example>",
        "ann @dev.example", "ann@dev..example", "änn@dev.example", "ann@dev.example\x00",
        "a" * 65 + "@dev.example\x1b",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_written_to_is_refused(acme: Provider, address: str) -> None:
    with pytest.raises(ValidationError) as failed:
        put(acme.tenant, to=ann(address))
    assert "email" in failed.value.message_dict
    assert not Mail.objects.exists()


NAMES = [
    "Bücher & Söhne GmbH", "株式会社トールウェイ", 'Quote " and, comma; <angle>', "Back\\slash",
    "Line\r\nBcc: all@dev.example", "Tab\tand\x0bmore\u2028of\x85it", "🚦 Go", "x" * 255,
    "=?utf-8?q?encoded?=", "ملف", "Ünï" * 60,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_makes_a_header_of_its_own(acme: Provider, name: str) -> None:
    acme.tenant.org_name = name
    mail = put(acme.tenant, template="invitation", inviter=name, group=name)
    content = content_of(mail)
    assert content
    data = envelope(mail, content).as_bytes()
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if line[0] not in " \t"]
    assert sorted(names) == sorted(
        [
            "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted",
            "MIME-Version", "Content-Type",
        ]
    )  # fmt: skip
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


def test_a_key_that_is_gone_is_a_failure_of_its_message_only(acme: Provider) -> None:
    mail = put(acme.tenant)
    with changed(secret_keys=(b"\x01" * 32,)):
        assert deliver_next(Telling(), keep_content=False)
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert "not in this ring" in mail.reason
