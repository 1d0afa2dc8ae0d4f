"""Never back to an older bundle. Layer: bundle (pure).

OPA puts any bundle in force that is validly signed, an old one too. What was in force is
kept as a mark, and whatever is older than the mark is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.bundle.sequence import UNNUMBERED
from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from wilkc.bundle.model import VerifiedBundle


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest bundle that was in force.

    Attributes:
        scope: the scope that it was signed for; another scope is another sequence.
        sequence: its place in the sequence, 0 where it had none.
        revision: its revision.
    """

    scope: str
    sequence: int
    revision: str


def mark_of(bundle: VerifiedBundle) -> Mark:
    """The mark that a bundle leaves."""
    return Mark(bundle.scope, bundle.sequence, bundle.revision)


def require_not_older(mark: Mark, bundle: VerifiedBundle) -> None:
    """Check that a bundle may follow on the mark.

    Bundles without a place follow on each other in any order: who does not count is not
    protected. Once one had a place, no bundle without one follows.

    Raises:
        VerificationError: it is older, of another scope, or has the place of another bundle.
    """
    if bundle.scope != mark.scope:
        raise VerificationError(
            f"the bundle is of scope `{bundle.scope}`, and `{mark.scope}` was in force here",
            help_text="keep the state of each scope in a file of its own",
        )
    if bundle.sequence < mark.sequence:
        place = f"sequence {bundle.sequence}" if bundle.sequence else "no sequence"
        raise VerificationError(
            f"the bundle is older: it has {place}, and {mark.sequence} was in force",
            help_text="to go back, sign the old content with a new number: wilkc sign --sequence",
        )
    if bundle.sequence == mark.sequence != UNNUMBERED and bundle.revision != mark.revision:
        raise VerificationError(
            f"sequence {mark.sequence} belongs to revision {mark.revision} already",
            help_text="every release needs a number of its own",
        )
