"""What a source of bundles gives. Layer: opa."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BUNDLE_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Offer:
    """A bundle as it was found. Nothing in it is trusted.

    Attributes:
        name: where it was found: a path or an address.
        data: its bytes.
    """

    name: str
    data: bytes = field(repr=False)


class Source(Protocol):
    """A place where bundles appear. One thread looks."""

    pause_seconds: float
    """How long to wait between two looks."""
    holds_history: bool
    """Whether old bundles lie beside new ones, so that finding one is no event."""

    def look(self) -> Iterator[Offer]:
        """What is new since the last look; the first one finds everything.

        Raises:
            WilkError: the place, or something in it, cannot be looked at now; what was given
                before is given once all the same.
        """
        ...

    def names(self) -> frozenset[str]:
        """The names of what the last look found there, new or not."""
        ...
