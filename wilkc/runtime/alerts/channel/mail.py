"""Mail by SMTP under TLS. Layer: runtime. RFC 5321, RFC 3207, RFC 8314."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.channel.dialling import Deadline, broken_off, dial, tls_context
from wilkc.runtime.alerts.channel.model import ChannelError, SettingsError
from wilkc.runtime.alerts.channel.secret import read_secret
from wilkc.runtime.alerts.channel.words import message_subject, message_text
from wilkc.runtime.alerts.seen import SECOND_US
from wilkc.runtime.egress.outside import Outside

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from wilkc.runtime.alerts.channel.model import Message
    from wilkc.runtime.alerts.settings import EmailSettings

SECONDS: Final = 20.0
MAX_RECEIVERS: Final = 20


@dataclass(frozen=True, slots=True)
class Email:
    """A mailbox.

    Attributes:
        settings: of the channel.
        folder: where the relative name of the password begins.
        outside: ways to look up and to dial.
        seconds: for a whole delivery.
    """

    settings: EmailSettings
    folder: Path
    outside: Outside = field(default_factory=Outside)
    seconds: float = SECONDS

    def send(self, message: Message, *, at_us: int) -> None:
        """Mail it, see `Channel.send`."""
        given = self.settings
        mail = mail_of(message, given, at_us)
        password = read_secret(self.folder / given.password_file) if given.user else ""
        ca_file = str(self.folder / given.ca_file) if given.ca_file else ""
        context = tls_context(ca_file)
        deadline = Deadline(self.seconds)
        try:
            made = dial(given.host, given.port, given.private, deadline, self.outside)
            with closing(made), broken_off(made, deadline):
                self._talk(made, context, mail, password, deadline)
        except ssl.SSLCertVerificationError as error:
            why = f"the mail server's certificate: {error.verify_message}"
            raise ChannelError("certificate_refused", why) from error
        except smtplib.SMTPNotSupportedError as error:
            raise ChannelError("tls_not_offered", "the mail server offers no STARTTLS") from error
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelError("login_refused", "the mail server refuses the password") from error
        except smtplib.SMTPResponseException as error:
            why = f"the mail server answered {error.smtp_code}"
            raise ChannelError("status_refused", why) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise ChannelError("status_refused", "the mail server refuses a receiver") from error
        except ssl.SSLError as error:
            deadline.left()
            raise ChannelError("tls_failed", f"no TLS 1.3: {error.reason}") from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            deadline.left()
            raise ChannelError("connection_failed", f"the connection failed: {error}") from error

    def _talk(
        self,
        made: socket.socket,
        context: ssl.SSLContext,
        mail: EmailMessage,
        password: str,
        deadline: Deadline,
    ) -> None:
        made.settimeout(deadline.left())
        if self.settings.security == "tls":
            made = context.wrap_socket(made, server_hostname=self.settings.host)
        # The server's own socket is closed too: STARTTLS puts another in the place of the first.
        with (
            closing(made),
            closing(_Dialled(made, self.settings.host, deadline.left())) as server,
        ):
            if self.settings.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if self.settings.user:
                server.login(self.settings.user, password)
            refused = server.send_message(mail)
            if refused:
                raise smtplib.SMTPRecipientsRefused(refused)
            # It is delivered: what the server says to the farewell changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()


class _Dialled(smtplib.SMTP):
    """SMTP over a connection that is there already."""

    def __init__(self, made: socket.socket, host: str, seconds: float) -> None:
        self._made = made
        # It connects, and keeps the host as the name that a certificate is held against.
        super().__init__(host, local_hostname="wilk.invalid", timeout=seconds)

    def _get_socket(self, *_: Any) -> socket.socket:
        return self._made


def mail_of(message: Message, settings: EmailSettings, at_us: int) -> EmailMessage:
    """The mail of an alert.

    Raises:
        SettingsError: an address is none.
    """
    mail = EmailMessage(policy=SMTP)
    if not 0 < len(settings.to) <= MAX_RECEIVERS:
        raise SettingsError("address_malformed", f"name one to {MAX_RECEIVERS} receivers")
    try:
        mail["From"] = Address(addr_spec=settings.sender)
        mail["To"] = [Address(addr_spec=one) for one in settings.to]
        # An agent's name may be anything; a header of this class refuses a line's end.
        mail["Subject"] = message_subject(message)
        mail["Message-ID"] = f"<{message.id}.{at_us // SECOND_US}@wilk.invalid>"
    except (ValueError, TypeError, IndexError) as error:
        raise SettingsError("address_malformed", f"the channel's addresses: {error}") from error
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Wilk-Alert"] = message.id
    mail.set_content(message_text(message))
    return mail
