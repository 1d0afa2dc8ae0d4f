"""One version of the policies, as it was read, and how it is trusted. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.compiler import LeftOut


@dataclass(frozen=True, slots=True)
class Trust:
    """How bundles are verified: not at all where no key is named.

    Attributes:
        keys: paths of the public keys, each trusted alike.
        key_id: the only one's id, where the file's name does not say it.
        scope: scope that the signature must bind.
    """

    keys: tuple[str, ...] = ()
    key_id: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """What the caller named, with its specs.

    Attributes:
        label: as it was named, with what it stands for.
        sources: file name, as it is shown, to bytes.
        folder: what every file name begins with, where a folder was named; it ends with `/`.
        unread: files that were not read, and why.
        commit: id of the commit, or empty.
        top: the current folder from the top of its repository, empty or with `/` at its end.
        compiler: the version of Wilk that made the bundle, where it is another than this.
        key_id: the key that a bundle's signature was verified by, or empty.
    """

    label: str
    sources: Mapping[str, bytes] = field(repr=False)
    folder: str = ""
    unread: tuple[LeftOut, ...] = ()
    commit: str = ""
    top: str = ""
    compiler: str = ""
    key_id: str = ""
