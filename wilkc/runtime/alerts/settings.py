"""Whom to tell, and how: the file `alerts.toml`. Layer: runtime. Reads that file.

A member that is unknown or of the wrong kind refuses the whole file: a channel that is spelt
wrong must not be a channel that is silent.
"""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.closed_json import from_json
from wilkc.core.errors import UsageError
from wilkc.runtime.alerts.model import SEVERITIES, Severity

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "alerts.toml"
MAX_CHANNELS: Final = 20
MAX_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A receiver of webhooks.

    Attributes:
        kind: `webhook`.
        url: https, without userinfo.
        secret_files: files of mode 0600 with a secret each, the newest first; two while the
            secret is exchanged.
        least: severity from which it is told.
        private: blocks of private addresses that it may have.
        ca_file: certificates to trust instead of the system's; empty for those.
    """

    url: str
    secret_files: tuple[str, ...]
    kind: Literal["webhook"] = "webhook"
    least: Severity = "medium"
    private: tuple[str, ...] = ()
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """A mailbox.

    Attributes:
        kind: `email`.
        host: of the mail server.
        sender: address that mail comes from.
        to: addresses that it goes to.
        port: of the mail server.
        security: `starttls`, or `tls` from the first byte; there is no third.
        user: to sign in as; empty for not at all.
        password_file: file of mode 0600.
        least: severity from which it is told.
        private: blocks of private addresses that the server may have.
        ca_file: certificates to trust instead of the system's; empty for those.
    """

    host: str
    sender: str
    to: tuple[str, ...]
    kind: Literal["email"] = "email"
    port: int = 587
    security: Literal["starttls", "tls"] = "starttls"
    user: str = ""
    password_file: str = ""
    least: Severity = "medium"
    private: tuple[str, ...] = ()
    ca_file: str = ""


ChannelSettings = WebhookSettings | EmailSettings
_KINDS: Final[dict[str, type[ChannelSettings]]] = {
    "webhook": WebhookSettings, "email": EmailSettings,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Whom to tell.

    Attributes:
        channels: by name.
        escalation: name of the channel that is told where others fail or nobody answers;
            empty for none.
    """

    channels: dict[str, ChannelSettings]
    escalation: str = ""

    def first(self, severity: Severity) -> list[str]:
        """The channels that an alert goes to at once."""
        rank = SEVERITIES.index(severity)
        return [
            name
            for name, one in self.channels.items()
            if name != self.escalation and SEVERITIES.index(one.least) <= rank
        ]


def read_settings(path: Path) -> AlertSettings:
    """Read the file.

    Raises:
        UsageError: it is missing, others may write it, or it does not say what it must.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(fd)
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read `{path}`: {error.strerror}",
            help_text="it says whom alerts go to; see docs/alerts.md",
        ) from error
    if found.st_uid not in {0, os.geteuid()} or stat.S_IMODE(found.st_mode) & 0o022:
        raise UsageError(
            f"`{path}` belongs to somebody else, or others may write it",
            help_text=f"chmod 600 {path}",
        )
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{path}` is longer than {MAX_BYTES} bytes")
    try:
        return settings_of(tomllib.loads(data.decode("utf-8")))
    except ValueError as error:
        raise UsageError(f"`{path}`: {error}") from error


def settings_of(value: dict[str, Any]) -> AlertSettings:
    """The settings that a TOML value means.

    Raises:
        ValueError: a member is missing, unknown or of the wrong kind; the message names it.
    """
    unknown = set(value) - {"channel", "escalation"}
    if unknown:
        raise ValueError(f"unknown members: {', '.join(sorted(unknown))}")
    tables, escalation = value.get("channel", {}), value.get("escalation", "")
    if not isinstance(tables, dict) or not 0 < len(tables) <= MAX_CHANNELS:
        raise ValueError(f"name between one and {MAX_CHANNELS} channels as [channel.NAME]")
    channels = {name: _channel(name, table) for name, table in tables.items()}
    if escalation != "" and escalation not in channels:
        raise ValueError(f"`escalation` names no channel: {escalation!r}")
    if set(channels) == {escalation}:
        raise ValueError("beside the escalation there must be a channel that is told first")
    return AlertSettings(channels, escalation)


def _channel(name: str, table: Any) -> ChannelSettings:
    place = f"channel.{name}"
    if not isinstance(table, dict) or table.get("kind") not in _KINDS:
        raise ValueError(f"`{place}.kind` is neither `webhook` nor `email`")
    kind = _KINDS[table["kind"]]
    # What may be left out is filled in; everything else is read closed.
    left_out = {
        one.name: list(one.default) if isinstance(one.default, tuple) else one.default
        for one in fields(kind)
        if one.default is not MISSING
    }
    return from_json(kind, {**left_out, **table}, place)
