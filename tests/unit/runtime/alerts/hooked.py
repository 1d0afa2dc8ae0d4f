"""A webhook channel to a receiver of the test, and what it needs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.alerts.authority import NAME
from wilkc.runtime.alerts import ChannelError
from wilkc.runtime.alerts.channel.webhook import Webhook
from wilkc.runtime.alerts.settings import WebhookSettings
from wilkc.runtime.egress.outside import Outside

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.alerts import Message

AT_US = 1_800_000_000_250_000
SECRET = base64.b64encode(bytes(range(32))).decode()


def secret(folder: Path, name: str = "secret", text: str = f"whsec_{SECRET}\n") -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return name


def hook(folder: Path, port: int, **members: Any) -> Webhook:
    given = {
        "url": f"https://{NAME}:{port}/hook?x=1",
        "secret_files": (secret(folder),),
        "private": ("127.0.0.0/8",),
        "ca_file": "ca.pem",
    }
    outside = Outside(resolve=lambda host: {NAME: ["127.0.0.1"]}[host])
    return Webhook(WebhookSettings(**{**given, **members}), folder, outside)


def refused(channel: Webhook, message: Message) -> str:
    with pytest.raises(ChannelError) as caught:
        channel.send(message, at_us=AT_US)
    assert caught.value.message
    return caught.value.code
