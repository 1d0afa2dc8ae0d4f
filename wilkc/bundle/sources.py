"""The specs that a bundle was made from, as one of its members. Layer: bundle (pure).

The member lets a bundle be reviewed and compiled again. OPA hashes it for the signature as it
does every member, and loads nothing from it: of JSON it reads `data.json` alone (Open Policy
Agent, Bundles, "Bundle File Format"). It holds one line of canonical JSON for each file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.errors import VerificationError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = "wilk/sources.jsonl"
"""The member's name; no ending that OPA's loader knows."""


def write_sources(sources: Mapping[str, bytes]) -> bytes:
    """The member for these files, which are UTF-8 as every spec is; sorted by name."""
    lines = (
        canonical_json({"file": name, "text": text.decode("utf-8")}) + b"\n"
        for name, text in sorted(sources.items())
    )
    return b"".join(lines)


def read_sources_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that the members of a bundle carry: name to bytes.

    Raises:
        VerificationError: there is no such member, or it is not as Wilk writes it.
    """
    if SOURCES not in files:
        raise VerificationError(
            "the bundle does not carry its sources",
            help_text="build it again with this version of Wilk, or name the specs themselves",
        )
    found: dict[str, bytes] = {}
    for line in files[SOURCES].splitlines():
        try:
            entry = decode_json(line)
        except ValueError as error:
            raise VerificationError(f"`{SOURCES}` is malformed: {error}") from error
        if not isinstance(entry, dict) or set(entry) != {"file", "text"}:
            raise VerificationError(f"`{SOURCES}` is malformed: a line is no file")
        name, text = entry["file"], entry["text"]
        if not isinstance(name, str) or not isinstance(text, str) or name in found:
            raise VerificationError(
                f"`{SOURCES}` is malformed: a file is named twice, or by no text"
            )
        found[name] = text.encode("utf-8", "surrogatepass")
    return found
