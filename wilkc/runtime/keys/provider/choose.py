"""Which provider a place names. Layer: runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.runtime.disk import Disk
from wilkc.runtime.keys.provider.file import create_file, open_file
from wilkc.runtime.keys.provider.token import TokenProvider
from wilkc.runtime.keys.provider.uri import SCHEME, parse_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.keys.wraps import Provider


def open_provider(
    place: Path | str, forbidden: Sequence[Path], disk: Disk | None = None
) -> Provider:
    """Open a provider.

    Args:
        place: its file, or a `pkcs11:` URI.
        forbidden: directories that a file must not lie in.
        disk: where changes are written; the real disk if left out.

    Raises:
        UsageError: it lies where it must not.
        VerificationError: it is missing, open to others, or no provider.
    """
    if isinstance(place, str) and place.startswith(SCHEME):
        return TokenProvider(parse_uri(place), create=False)
    return open_file(Path(place), forbidden, disk or Disk())


def create_provider(
    place: Path | str, forbidden: Sequence[Path], disk: Disk, *, passphrase: bool = False
) -> Provider:
    """Make a provider's key, or use the one that is there.

    Raises:
        UsageError: it lies where it must not, or cannot be written.
        VerificationError: what is there is no such key.
    """
    if isinstance(place, str) and place.startswith(SCHEME):
        return TokenProvider(parse_uri(place), create=True)
    return create_file(Path(place), forbidden, disk, passphrase=passphrase)
