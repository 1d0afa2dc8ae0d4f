"""Whom the proxy runs as when the shim is root. Layer: runtime."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from typing import Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

USER: Final = "wilk-proxy"
"""Taken where the host has it."""
_NUMBERS: Final = range(65_533, 65_500, -1)
"""Else the first of these that belongs to nobody, so that nobody's processes or files are its."""


def proxy_uid(sandboxed: int) -> int | None:
    """The user id to become; None for an ordinary user, who stays what it is.

    Args:
        sandboxed: user id of the command, which must be another one.

    Raises:
        SandboxRefusedError: there is none.
    """
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        found = pwd.getpwnam(USER).pw_uid
        if found not in {0, sandboxed}:
            return found
    for number in _NUMBERS:
        if number != sandboxed and not _is_known(number):
            return number
    raise SandboxRefusedError(
        "sandbox.identity",
        "there is no user id that the proxy could run as",
        help_text=f"create the system user `{USER}`",
    )


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
