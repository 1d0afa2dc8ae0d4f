"""Plugins and keys that are no longer to be trusted. Layer: adapters. Reads a file.

One entry a line: the digest of a plugin, or a verifier key, which revokes the key under whatever
name; `#` begins a remark. The file is read
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
        # A key is its bytes: its holder chooses what it is called.
        bad = (plugin.statement.digest, parse_verifier_key(plugin.signer).public)
        for number, line in enumerate(self._lines(), 1):
            text = line.partition("#")[0].strip()
            try:
                entry = _entry(text)
            except ValueError as error:
                raise VerificationError(
                    f"the list of revoked plugins is malformed in line {number}"
                ) from error
            if entry in bad:
                what = "plugin" if entry == bad[0] else "key of the plugin"
                raise VerificationError(f"the {what} is revoked")

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


def _entry(text: str) -> str | bytes:
    """The digest of a plugin, the bytes of a key, or an empty text.

    Raises:
        ValueError: it is none of these.
    """
    if not text or _DIGEST.fullmatch(text):
        return text
    return parse_verifier_key(text).public
