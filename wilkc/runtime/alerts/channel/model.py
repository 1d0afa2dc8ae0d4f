"""What a channel is. Layer: runtime. No I/O.

ChannelError
└── SettingsError   the channel cannot work as it is set up; a later attempt may, once mended
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wilkc.runtime.alerts.model import Alert


class ChannelError(Exception):
    """An attempt to deliver came to nothing.

    Args:
        code: stable, for the record; never free text of the other side.
        message: one sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SettingsError(ChannelError):
    """The channel is set up wrongly."""


@dataclass(frozen=True, slots=True)
class Message:
    """One alert on its way.

    Attributes:
        alert: what is told.
        log: origin of the log.
        final: whether this is the total of a window whose first was told before.
        escalated: why it comes to this channel though others were told first; empty if not.
    """

    alert: Alert
    log: str
    final: bool = False
    escalated: str = ""

    @property
    def id(self) -> str:
        """The same for every attempt, by which a receiver knows what it has."""
        return f"{self.alert.id}-total" if self.final else self.alert.id


class Channel(Protocol):
    """A way to tell people."""

    def send(self, message: Message, *, at_us: int) -> None:
        """Deliver, or fail within seconds.

        Args:
            message: what to tell.
            at_us: the time, in microseconds since 1970.

        Raises:
            ChannelError: it is not known to be delivered.
        """
        ...
