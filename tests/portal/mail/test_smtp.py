"""The conversation with a real server: who is asked, what goes over, and what an answer means."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from portal.mail.inbox import (
    PASSWORD,
    USER,
    Inbox,
    certificate,
    inbox,
    listening,
    with_password,
)
from portal.mail.letters_sent import ann, put
from portal.people import Provider
from tollway.portal.events.readers import ServerAwayError
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import Delivery, content_of
from tollway.portal.mail.smtp import Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Iterator[Inbox]:
    with listening(inbox()) as box:
        yield box


def sent(post: Post, mail: Mail) -> Delivery:
    content = content_of(mail)
    assert content
    post.open()
    return post.send(mail, content)


def test_a_message_arrives_as_it_was_written(acme: Provider, box: Inbox) -> None:
    acme.tenant.org_name = "Bücher, Söhne & Co. 🚦"
    mail = put(acme.tenant, to=ann("ann@bücher.example"))
    post = Post(box.smtp)
    assert sent(post, mail) == Delivery()
    post.close()
    [message] = box.received
    assert box.envelopes == [("tollway@localhost", ["ann@xn--bcher-kva.example"])]
    assert message["From"].addresses[0].display_name == "Bücher, Söhne & Co. 🚦"
    assert message["Reply-To"].addresses[0].addr_spec == "admin@acme.example"
    assert message["Subject"] == "Activate your account at Bücher, Söhne & Co. 🚦"
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    content = content_of(mail)
    assert content
    text, html = (message.get_body((form,)) for form in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == content.text
    assert html.get_content().replace("\r\n", "\n") == content.html


FINAL, FOR_NOW = "final", "for now"
ANSWERS: list[tuple[dict[str, Any], str, str]] = [
    ({"refusals": {"ann@dev.example": "550 5.1.1 no such user"}}, "550 5.1.1 no such user", FINAL),
    ({"refusals": {"ann@dev.example": "450 4.2.0 greylisted"}}, "450 4.2.0 greylisted", FOR_NOW),
    ({"refuses_data": "554 5.6.0 not that text"}, "554 5.6.0 not that text", FINAL),
    ({"refuses_data": "452 4.3.1 disk full"}, "452 4.3.1 disk full", FOR_NOW),
    ({"refuses_sender": "550 5.7.1 not your address"}, "550 5.7.1 not your address", FOR_NOW),
    ({"refuses_sender": "421 4.7.0 go away"}, "421 4.7.0 go away", FOR_NOW),
    ({"refuses_data": "421 4.3.2 closing"}, "421 4.3.2 closing", FOR_NOW),
]


@pytest.mark.parametrize(("setting", "reason", "final"), ANSWERS)
def test_what_the_server_says_is_final_or_for_now(
    acme: Provider, box: Inbox, setting: dict[str, Any], reason: str, final: str
) -> None:
    for name, value in setting.items():
        setattr(box, name, value)
    post = Post(box.smtp)
    assert sent(post, put(acme.tenant)) == Delivery(reason, final == FINAL)
    assert post.is_open is not reason.startswith("421")
    box.refusals, box.refuses_sender, box.refuses_data = {}, "", ""
    assert sent(post, put(acme.tenant, "another")) == Delivery()
    post.close()
    assert len(box.received) == 1


def test_a_server_that_hangs_up_has_not_refused_the_message(acme: Provider, box: Inbox) -> None:
    post = Post(box.smtp)
    post.open()
    with listening(inbox()) as other:  # its port is not ours: only the connection's end counts
        broken = Post(other.smtp)
        broken.open()
    mail = put(acme.tenant)
    content = content_of(mail)
    assert content
    delivery = broken.send(mail, content)
    assert delivery.reason.startswith("the connection broke")
    assert not delivery.final
    assert not broken.is_open
    post.close()


def test_nothing_is_said_before_the_line_is_encrypted(
    acme: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    box = inbox()
    secure = msgspec.structs.replace(box.smtp, tls="starttls", user=USER, password=PASSWORD)
    with listening(box, tls_context=context, require_starttls=True, **with_password()):
        with pytest.raises(ServerAwayError, match="certificate verify failed"):
            Post(secure).open()
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        post = Post(secure)
        assert sent(post, put(acme.tenant)) == Delivery()
        post.close()
        wrong = msgspec.structs.replace(secure, password="wrong")
        with pytest.raises(ServerAwayError, match=r"takes no mail.*535") as failed:
            Post(wrong).open()
        assert "wrong" not in str(failed.value)
    assert len(box.received) == 1


def test_a_line_may_be_encrypted_from_the_start(
    acme: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    box = inbox()
    with listening(box, ssl_context=context):
        post = Post(msgspec.structs.replace(box.smtp, tls="implicit"))
        assert sent(post, put(acme.tenant)) == Delivery()
        post.close()
    assert len(box.received) == 1
    assert isinstance(context, ssl.SSLContext)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tls": "starttls"}, "STARTTLS extension not supported"),
        ({"user": USER, "password": PASSWORD}, "AUTH extension not supported"),
        ({"tls": "implicit"}, "takes no mail"),
        ({"host": "nowhere.invalid"}, "nowhere.invalid:"),
        ({"host": "a..b"}, "takes no mail"),
        ({"port": 1}, "Connection refused"),
    ],
)
def test_a_server_that_cannot_do_what_is_set_takes_no_mail(
    box: Inbox, changes: dict[str, Any], message: str
) -> None:
    post = Post(msgspec.structs.replace(box.smtp, **changes))
    with pytest.raises(ServerAwayError, match=message):
        post.open()
    assert not post.is_open
    post.close()
