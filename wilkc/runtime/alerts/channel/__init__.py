"""Ways to tell people. Room: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.runtime.alerts.channel.mail import Email
from wilkc.runtime.alerts.channel.model import Channel, ChannelError, Message, SettingsError
from wilkc.runtime.alerts.channel.webhook import Webhook
from wilkc.runtime.alerts.settings import WebhookSettings

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.alerts.settings import AlertSettings

__all__ = ["Channel", "ChannelError", "Message", "SettingsError", "open_channels"]


def open_channels(settings: AlertSettings, folder: Path) -> dict[str, Channel]:
    """The channels by name; nothing is read or dialled before there is something to tell."""
    return {
        name: Webhook(one, folder) if isinstance(one, WebhookSettings) else Email(one, folder)
        for name, one in settings.channels.items()
    }
