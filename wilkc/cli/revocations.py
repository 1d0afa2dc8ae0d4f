"""Agents that are revoked, for commands that ask for decisions. Layer: cli.

Without click, as a hook loads it for each call.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wilkc.identity import Revocations
    from wilkc.runtime.guard.unrevoked import Point


def opened_revocations(folder: str | None) -> Revocations | None:
    """What is revoked in the identity that `--identity` names; None where it names none.

    Raises:
        UnavailableError: it is none, or open to others.
    """
    if folder is None:
        return None
    # Most who ask for decisions have no identity.
    from wilkc.identity import open_revocations  # noqa: PLC0415

    return open_revocations(Path(folder))


def unless_revoked(point: Point, revocations: Revocations | None) -> Point:
    """A decision point, asked only about agents that are not revoked."""
    if revocations is None:
        return point
    from wilkc.runtime.guard.unrevoked import Unrevoked  # noqa: PLC0415  # see above

    return Unrevoked(point, revocations)
