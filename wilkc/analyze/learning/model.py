"""What was asked, what is proposed for it, and what is not. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wilkc.core.contract import Json, Request


class Reason(NamedTuple):
    """Why nothing is proposed for a request.

    Attributes:
        code: a key of `REASONS`.
        why: one sentence about this request, lower case, no full stop.
    """

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Recorded requests that one set of entries answers.

    Attributes:
        request: the first of them, canonical.
        count: how many there are.
        seqs: the numbers of the first of their records.
    """

    request: Request
    count: int = 1
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Requests for which nothing is proposed, and why."""

    asked: Asked
    reason: Reason


class Place(NamedTuple):
    """A list of a spec: the number of its document, and keys from the document's root."""

    document: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that is proposed.

    Attributes:
        place: the list that it ends.
        value: the entry.
        text: the same as one line of YAML.
        notes: what it allows beside what was asked, one sentence each.
    """

    place: Place
    value: Json
    text: str
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Place, str]:
        """What makes two entries the same."""
        return self.place, self.text
