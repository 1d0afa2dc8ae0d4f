"""Secrets of channels in files of mode 0600. Layer: runtime."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import from_base64
from wilkc.runtime.alerts.channel.model import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

PREFIX: Final = "whsec_"
"""Of a secret's text, see https://www.standardwebhooks.com."""
LEAST_BYTES: Final = 24
MOST_BYTES: Final = 64
_MAX_FILE: Final = 4096


def read_secret(path: Path) -> str:
    """The text of a secret, without a final newline.

    Raises:
        SettingsError: it is missing, or others may read it.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise SettingsError(
            "secret_unreadable", f"cannot read `{path}`: {error.strerror}"
        ) from error
    try:
        found = os.fstat(fd)
        closed = stat.S_ISREG(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
        if not closed or found.st_uid != os.geteuid():
            raise SettingsError(
                "secret_open", f"`{path}` belongs to somebody else, or others may read it"
            )
        data = os.read(fd, _MAX_FILE + 1)
    finally:
        os.close(fd)
    try:
        text = data.decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise SettingsError("secret_malformed", f"`{path}` is not UTF-8") from error
    if not text or len(data) > _MAX_FILE or not text.isprintable():
        raise SettingsError("secret_malformed", f"`{path}` holds no secret of one line")
    return text


def webhook_key(text: str) -> bytes:
    """The key that the text of a webhook's secret stands for.

    Raises:
        SettingsError: it is not `whsec_` and base64 of 24 to 64 bytes.
    """
    try:
        key = from_base64(text.removeprefix(PREFIX))
    except ValueError as error:
        raise SettingsError("secret_malformed", f"a webhook's secret: {error}") from error
    if not text.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise SettingsError(
            "secret_malformed",
            f"a webhook's secret is `{PREFIX}` and base64 of {LEAST_BYTES} to {MOST_BYTES} bytes",
        )
    return key
