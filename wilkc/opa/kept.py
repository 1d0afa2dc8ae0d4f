"""The bundle that was in force, kept for a start while its place is away or spoilt. Layer: opa.

What is kept is trusted no more than what is fetched: it is verified again, and the mark in the
state file refuses it where a newer one was in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.files import replace_file
from wilkc.opa.sources import Offer
from wilkc.opa.sources.model import MAX_BUNDLE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle

SUFFIX: Final = ".bundle"


class KeptBundle:
    """A copy of the bundle in force.

    Args:
        path: the file; its folder must exist when it is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def offer(self) -> Offer | None:
        """What was kept, or None where nothing can be read."""
        try:
            with self._path.open("rb") as file:
                return Offer(str(self._path), file.read(MAX_BUNDLE_BYTES + 1))
        except OSError:
            return None

    def keep(self, bundle: VerifiedBundle) -> None:
        """Keep another bundle.

        Raises:
            UnavailableError: it cannot be written; what was kept before stays.
        """
        try:
            replace_file(self._path, bundle.archive, mode=0o600, durable="name")
        except OSError as error:
            raise UnavailableError(
                f"cannot keep the bundle in `{self._path}`: {error.strerror}"
            ) from error


def kept_beside(state: Path) -> KeptBundle:
    """The copy beside a state file."""
    return KeptBundle(state.with_name(state.name + SUFFIX))
