"""Mail over SMTP.

SMTP knows no keys: once the text was handed over and the line broke, nobody can tell whether the mail went
out. So this port is not repeatable; the Message-ID made of the message's key lets a reader's server drop a
double.
"""

import hashlib
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from zhanggui.delivery.records import NotSent, OutcomeUnknown, OutgoingMessage


class UnknownMailServer(ValueError):
    """The mail address of the server is not smtp://, smtp+starttls:// or smtps://."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and whose name it bears."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str


def mail_server_from_url(url: str) -> MailServer:
    """Read `smtp://user:password@host:port?from=shop@example.com`; also smtp+starttls:// and smtps://.

    Raises: UnknownMailServer.
    """
    parts = urlsplit(url)
    ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    query = dict(parse_qsl(parts.query))
    if parts.scheme not in ports or not parts.hostname or "from" not in query:
        raise UnknownMailServer("use smtp://user:password@host:port?from=sender, smtp+starttls:// or smtps://")
    return MailServer(
        parts.hostname, parts.port or ports[parts.scheme], parts.scheme,
        unquote(parts.username or ""), unquote(parts.password or ""), query["from"],
    )  # fmt: skip


class MailPort:
    """The way to mail; each call is one connection with a time limit."""

    repeatable = False

    def __init__(self, server: MailServer, *, timeout_seconds: float = 20) -> None:
        self._server = server
        self._timeout = timeout_seconds

    def send(self, message: OutgoingMessage) -> str:
        """Hand a mail in and give its Message-ID.

        Takes: payload with `subject` and `body`; target, one address.
        Raises: NotSent (no connection, refused by the server), OutcomeUnknown (broke while or after the text
        went over).
        """
        mail = self._mail(message)
        connection = self._connect()
        try:
            self._envelope(connection, message.target)
            self._hand_over(connection, mail)
        finally:
            connection.close()
        return str(mail["Message-ID"])

    def _mail(self, message: OutgoingMessage) -> EmailMessage:
        name = hashlib.sha256(f"{message.kind}:{message.key}".encode()).hexdigest()[:32]
        if not message.target.isascii():
            raise NotSent("address_not_valid", permanent=True)
        mail = EmailMessage()
        try:
            mail["From"] = self._server.sender
            mail["To"] = message.target
            mail["Subject"] = str(message.payload["subject"])
            mail["Message-ID"] = f"<{name}@{self._server.sender.rpartition('@')[2]}>"
        except (ValueError, MessageError) as error:
            raise NotSent("header_not_valid", permanent=True) from error
        mail.set_content(str(message.payload["body"]))
        return mail

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        try:
            if server.security == "smtps":
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout, context=context)
            return smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent("server_not_reached") from error

    def _envelope(self, connection: smtplib.SMTP, target: str) -> None:
        """Go as far as the addresses; nothing has gone out yet, whatever breaks here."""
        server = self._server
        try:
            if server.security == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if server.user:
                connection.login(server.user, server.password)
            _expect(connection.mail(server.sender), "sender_refused")
            _expect(connection.rcpt(target), "address_refused")
        except smtplib.SMTPAuthenticationError as error:
            raise NotSent("sign_in_refused", permanent=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent("connection_broke") from error

    def _hand_over(self, connection: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            _expect(connection.data(mail.as_bytes(policy=WIRE)), "text_refused")
        except smtplib.SMTPDataError as error:
            _refused(error.smtp_code, "text_refused")
        except (OSError, smtplib.SMTPException) as error:
            raise OutcomeUnknown("connection_broke") from error
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()


def _expect(reply: tuple[int, bytes], code: str) -> None:
    if not 200 <= reply[0] < 300:
        _refused(reply[0], code)


def _refused(status: int, code: str) -> NoReturn:
    """Tell a refusal for now (4xx: try again) from one for good (5xx)."""
    raise NotSent(f"{code}_{status}", permanent=status >= 500)
