"""Plugins and keys that are no longer to be trusted. Layer: adapters. Reads a file.

One entry a line: the digest of a plugin, or a verifier key; `#` begins a remark. The file is read
at each use, so that what is added counts at once. A file that is missing or malformed revokes
everything: whoever can remove it must not thereby bring anything back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.verifier import parse_verifier_key

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.adapters.plugins.content import Plugin

MAX_BYTES: Final = 64 * 2**20
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Revocations:
    """A list of what is revoked.

    Attributes:
        file: the list.
    """

    file: Path

    def require_good(self, plugin: Plugin) -> None:
        """Require that neither a plugin nor its key is revoked.

        Raises:
            VerificationError: one is, or the list cannot be read.
        """
        for number, line in enumerate(self._lines(), 1):
            entry = line.partition("#")[0].strip()
            if not entry:
                continue
            if not _is_entry(entry):
                raise VerificationError(
                    f"the list of revoked plugins is malformed in line {number}"
                )
            if entry == plugin.statement.digest:
                raise VerificationError("the plugin is revoked")
            if entry == plugin.signer:
                raise VerificationError("the key of the plugin is revoked")

    def _lines(self) -> list[str]:
        try:
            with self.file.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise VerificationError(
                f"the list of revoked plugins cannot be read: {error.strerror}"
            ) from error
        if len(data) > MAX_BYTES:
            raise VerificationError("the list of revoked plugins is too large")
        try:
            return data.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise VerificationError("the list of revoked plugins is no text") from error


def _is_entry(text: str) -> bool:
    if _DIGEST.fullmatch(text):
        return True
    try:
        parse_verifier_key(text)
    except ValueError:
        return False
    return True
