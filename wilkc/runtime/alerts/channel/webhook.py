"""Webhooks as https://www.standardwebhooks.com has them. Layer: runtime.

No proxy, redirect, cookie or certificate store is taken from the environment. A receiver that
is slow, large or elsewhere has not got the alert.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wilkc.runtime.alerts.channel.dialling import Deadline, broken_off, dial, tls_context
from wilkc.runtime.alerts.channel.model import ChannelError, SettingsError
from wilkc.runtime.alerts.channel.secret import read_secret, webhook_key
from wilkc.runtime.alerts.channel.words import message_json
from wilkc.runtime.alerts.seen import SECOND_US
from wilkc.runtime.egress.outside import Outside

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from wilkc.runtime.alerts.channel.model import Message
    from wilkc.runtime.alerts.settings import WebhookSettings

SECONDS: Final = 5.0
MAX_ANSWER: Final = 65_536
MAX_SECRETS: Final = 2
_HTTPS_PORT: Final = 443
_GOOD: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post: host, port, and what follows them in the address."""

    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """Host and, where it is not the usual one, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _HTTPS_PORT else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver.

    Attributes:
        settings: of the channel.
        folder: where relative names of secrets begin.
        outside: ways to look up and to dial.
        seconds: for a whole delivery.
    """

    settings: WebhookSettings
    folder: Path
    outside: Outside = field(default_factory=Outside)
    seconds: float = SECONDS

    def send(self, message: Message, *, at_us: int) -> None:
        """Post it, see `Channel.send`."""
        target = target_of(self.settings.url)
        keys = self._keys()
        context = tls_context(self._ca_file())
        body = message_json(message)
        signed = signature_headers(message.id, at_us // SECOND_US, body, keys)
        deadline = Deadline(self.seconds)
        try:
            made = dial(target.host, target.port, self.settings.private, deadline, self.outside)
            with closing(made), broken_off(made, deadline):
                made.settimeout(deadline.left())
                with context.wrap_socket(made, server_hostname=target.host) as tls:
                    status = _post(tls, target, signed, body, deadline)
        except ssl.SSLCertVerificationError as error:
            why = f"the receiver's certificate: {error.verify_message}"
            raise ChannelError("certificate_refused", why) from error
        except ssl.SSLError as error:
            deadline.left()
            raise ChannelError("tls_failed", f"no TLS 1.3: {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            deadline.left()
            raise ChannelError("connection_failed", f"the connection failed: {error}") from error
        if status not in _GOOD:
            raise ChannelError("status_refused", f"the receiver answered {status}")

    def _keys(self) -> list[bytes]:
        names = self.settings.secret_files
        if not 0 < len(names) <= MAX_SECRETS:
            raise SettingsError("secret_malformed", "name one secret, or two while it changes")
        return [webhook_key(read_secret(self.folder / name)) for name in names]

    def _ca_file(self) -> str:
        named = self.settings.ca_file
        return str(self.folder / named) if named else ""


def target_of(url: str) -> Target:
    """What an address names.

    Raises:
        SettingsError: it is not plain https.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _HTTPS_PORT
    except ValueError as error:
        raise SettingsError("url_refused", f"the channel's url: {error}") from error
    if parts.scheme != "https":
        raise SettingsError("url_refused", "the channel's url is not https")
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise SettingsError("url_refused", "the channel's url has userinfo, a fragment or no host")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise SettingsError("url_refused", "the channel's url has characters that no url has")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.hostname, port, (parts.path or "/") + query)


def signature_headers(
    message_id: str, seconds: int, body: bytes, keys: Sequence[bytes]
) -> dict[str, str]:
    """The three headers; one signature for each key, the newest first.

    Args:
        message_id: the same for every attempt.
        seconds: the time of this attempt since 1970.
        body: the very bytes that are sent.
        keys: secrets.
    """
    signed = f"{message_id}.{seconds}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
        for key in keys
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }


def _post(
    tls: ssl.SSLSocket, target: Target, signed: dict[str, str], body: bytes, deadline: Deadline
) -> int:
    head = {
        "host": target.host_header,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "user-agent": "wilkc",
        "connection": "close",
        **signed,
    }
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    tls.settimeout(deadline.left())
    tls.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
    # As a socket, HTTPResponse needs no more than this one member of it.
    reader = _Bounded(tls, deadline)
    answer = http.client.HTTPResponse(reader, method="POST")  # type: ignore[arg-type]
    answer.begin()
    answer.read()
    return answer.status


class _Bounded(io.RawIOBase):
    """What a receiver answers, up to a size and a time."""

    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._made = made
        self._deadline = deadline
        self._left = MAX_ANSWER

    def makefile(self, mode: str) -> io.BufferedReader:
        """As a file to read."""
        del mode
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a buffer is one
        """Read some.

        Raises:
            ChannelError: it is too much, or too late.
        """
        self._made.settimeout(self._deadline.left())
        count = self._made.recv_into(buffer)
        # A connection that was ended as its time was up looks like one that ended by itself.
        self._deadline.left()
        self._left -= count
        if self._left < 0:
            raise ChannelError("answer_too_large", f"the answer is over {MAX_ANSWER} bytes")
        return count
