"""The place of a bundle among those of its releaser. Layer: bundle (pure).

The releaser counts releases, and the count stands in the manifest's metadata, so that the
signature covers it. It is no clock: two machines need not agree on the time. A bundle without
a count has the place 0, which is older than any that was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import MAX_INTEGER
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

UNNUMBERED: Final = 0
_METADATA: Final = "metadata"
_SEQUENCE: Final = "sequence"


def with_sequence(manifest: Mapping[str, Json], number: int) -> dict[str, Json]:
    """The manifest with another place in the sequence.

    Raises:
        UsageError: the number is below 1 or needs more than 53 bits.
    """
    if not UNNUMBERED < number <= MAX_INTEGER:
        raise UsageError(
            f"`{number}` cannot be the sequence of a bundle",
            help_text=f"count releases from 1; the largest number is {MAX_INTEGER}",
        )
    metadata = manifest.get(_METADATA)
    metadata = metadata if isinstance(metadata, dict) else {}
    return {**manifest, _METADATA: {**metadata, _SEQUENCE: number}}


def sequence_of(manifest: Mapping[str, Json]) -> int:
    """The place that a manifest states; 0 where it states none.

    Raises:
        VerificationError: what it states is no place.
    """
    metadata = manifest.get(_METADATA)
    if not isinstance(metadata, dict) or _SEQUENCE not in metadata:
        return UNNUMBERED
    number = metadata[_SEQUENCE]
    # `True` is an integer to Python.
    if type(number) is not int or not UNNUMBERED < number <= MAX_INTEGER:
        raise VerificationError("the bundle's `sequence` is not a number from 1")
    return number
