"""Segments: how a file of the log begins and ends, and who may sign it. Layer: runtime. Pure.

Each segment has a key of its own. The first key is certified by the root key; each later one
is named by the seal of the segment before, and the old key is destroyed then, so that a
thief of the open segment's key cannot rewrite what is sealed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.runtime.audit.record import FORMAT
from wilkc.runtime.audit.tree import HASH_BYTES, Frontier, frontier_of

Kind = Literal["genesis", "continue", "recovered", "reanchor"]
Mode = Literal["event", "checkpoint"]

HEADER: Final = "system.header"
SEAL: Final = "system.seal"
RECOVERED: Final = "system.recovered"
LOST: Final = "system.lost"
CERTIFICATE: Final = "wilk.audit.key/v1"
_NAME: Final = re.compile(r"seg-([0-9]{20})\.jsonl", re.ASCII)


@dataclass(frozen=True, slots=True)
class Header:
    """The details of a `system.header`, first event of every segment.

    Attributes:
        cert: note by the root key over `certificate_text`, or None.
        format: of the records.
        frontier: roots of the tree before this segment, base64, largest first.
        key: verifier key of this segment.
        kind: how it follows what was before.
        mode: whether each event is signed, or only checkpoints.
        ring: version of the key ring.
        settings: digest of the audit settings.
    """

    cert: str | None
    format: str
    frontier: tuple[str, ...]
    key: str
    kind: Kind
    mode: Mode
    ring: int
    settings: str

    def as_json(self) -> dict[str, Any]:
        """The `action.details` of the header."""
        return {**to_json(self), "frontier": list(self.frontier)}

    def tree(self, size: int) -> Frontier:
        """The tree before this segment.

        Raises:
            ValueError: the frontier does not fit the size.
        """
        return frontier_of(size, [from_base64(root, length=HASH_BYTES) for root in self.frontier])


@dataclass(frozen=True, slots=True)
class Seal:
    """The details of a `system.seal`, last event of a sealed segment.

    Attributes:
        count: events of the segment, header and seal included.
        final: whether the log ends here.
        first: number of the segment's first event.
        next: verifier key of the segment that follows; None at the end of the log.
    """

    count: int
    final: bool
    first: int
    next: str | None

    def as_json(self) -> dict[str, Any]:
        """The `action.details` of the seal."""
        return {
            "count": self.count, "final": self.final, "first": self.first, "next": self.next,
        }  # fmt: skip


def read_header(details: Any) -> Header:
    """Read the details of a header.

    Raises:
        ValueError: a member is missing, unknown or malformed.
    """
    header = from_json(Header, details, "header")
    if header.format != FORMAT:
        raise ValueError(f"the segment is of another format than `{FORMAT}`")
    return header


def read_seal(details: Any) -> Seal:
    """Read the details of a seal.

    Raises:
        ValueError: a member is missing, unknown or malformed.
    """
    seal = from_json(Seal, details, "seal")
    if seal.final != (seal.next is None):
        raise ValueError("a seal names the next key unless the log ends")
    return seal


def stored_frontier(tree: Frontier) -> tuple[str, ...]:
    """A tree as a header stores it."""
    return tuple(to_base64(root) for root in tree.roots)


def certificate_text(origin: str, seq: int, prev: str, key: str) -> str:
    """What the root key signs: this key, at this place of this log, and nowhere else."""
    return f"{CERTIFICATE}\n{origin}\n{seq}\n{prev}\n{key}\n"


def segment_name(first: int) -> str:
    """The file name of the segment that begins with event `first`."""
    return f"seg-{first:020d}.jsonl"


def segment_first(name: str) -> int | None:
    """The first event's number by a file name, or None for another file."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None
