"""What a table of revocations needs of other hosts. Layer: identity. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from wilkc.identity.revocation import Kind

FLEET: Final = "fleet.json"
"""Names the fleet of an identity, where it is of one; see `wilkc.identity.fleet`."""
Place = tuple[str, int]
"""Of what was told: an entry, and how many there were with it."""


class Others(Protocol):
    """Other hosts that share what is revoked, see `wilkc.identity.fleet`.

    Attributes:
        begun: tells this fleet from one that was begun anew.
    """

    @property
    def begun(self) -> str:
        """See above."""
        ...

    def tell(self, kind: Kind, name: str, until: int) -> None:
        """Tell of a revocation; of a restoration by 0."""
        ...

    def news(self, after: Place) -> tuple[list[tuple[Kind, str, int]], Place]:
        """Some of what was told after an entry, and the last entry of that."""
        ...
