"""The way to the server that takes our mail: one connection, kept for as long as there is mail."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tollway import net
from tollway.config import Smtp
from tollway.portal.events.readers import ServerAwayError
from tollway.portal.mail.letters import one_line
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import Content, Delivery

TIMEOUT_S = 60  # for each answer; four of them take less than ``services.CLAIM``
REASON_LENGTH_MAX = 500


class Post:
    """Not for several threads at once."""

    def __init__(self, server: Smtp) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
        return self._smtp is not None

    def open(self) -> None:
        """Connect, encrypt and sign in, as the settings say. Raises ``ServerAwayError``.

        That is nothing which a message did: none is blamed for it.
        """
        if self._smtp is not None:
            return
        try:
            self._smtp = _connected(self._server)
        except (OSError, UnicodeError) as error:  # smtplib's own errors are OSErrors
            where = f"{self._server.host}:{self._server.port}"
            raise ServerAwayError(f"{where} takes no mail: {_text(error)}") from error

    def send(self, mail: Mail, content: Content) -> Delivery:
        """Hand over one message; the connection must be open.

        What the server has against the recipient or the text is final if it says so (5xx). What it
        has against the sender is ours to mend, so it is tried again.
        """
        assert self._smtp is not None  # noqa: S101
        recipient = mail.recipient
        try:
            self._smtp.send_message(envelope(mail, content), mail.sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = error.recipients[recipient]
            return self._failed(error.recipients[recipient], final=code >= 500)
        except smtplib.SMTPSenderRefused as error:
            return self._failed((error.smtp_code, error.smtp_error))
        except smtplib.SMTPResponseException as error:
            answer = (error.smtp_code, error.smtp_error)
            return self._failed(answer, final=error.smtp_code >= 500)
        except OSError as error:
            self._drop()
            return Delivery(f"the connection broke: {_text(error)}")
        return Delivery()

    def close(self) -> None:
        """Say good-bye, if there is a connection."""
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.quit()
        self._drop()

    def _failed(self, answer: tuple[int, bytes | str], *, final: bool = False) -> Delivery:
        code, said = answer
        if self._smtp is not None and self._smtp.sock is None:  # it said 421, and left
            self._drop()
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return Delivery(one_line(f"{code} {text}")[:REASON_LENGTH_MAX], final)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def envelope(mail: Mail, content: Content) -> EmailMessage:
    """Return the message as it goes out. Header values with line ends raise ``ValueError``."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender)
    message["To"] = Address(addr_spec=mail.recipient)
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers by machines
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    return message


def _connected(server: Smtp) -> smtplib.SMTP:
    host = net.LOOPBACK[0] if net.is_localhost(server.host) else server.host
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.tls == "implicit":
        smtp = smtplib.SMTP_SSL(host, server.port, timeout=TIMEOUT_S, context=context)
    else:
        smtp = smtplib.SMTP(host, server.port, timeout=TIMEOUT_S)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _text(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__)[:REASON_LENGTH_MAX]
