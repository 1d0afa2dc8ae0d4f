"""What compiles, as a digest: a cache must not outlive it. Layer: cli."""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE: Final = Path(__file__).parents[1]
_TEMPLATES: Final = _PACKAGE.parent / "templates"
_ROOMS: Final = (
    "core", "language", "syntax", "spec", "plan", "render", "emit", "analyze", "compiler",
)  # fmt: skip
"""The rooms that a compile rests on, and no others, which would cost time at every build."""
_DISTRIBUTIONS: Final = ("idna", "jinja2", "markupsafe", "pydantic", "pydantic-core", "pyyaml")


def toolchain_digest() -> str:
    """The SHA-256 of the compiler's own files and of the versions of what it stands on."""
    digest = hashlib.sha256()
    for part in _parts():
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def _parts() -> Iterator[bytes]:
    # Commands that may keep what they compile, and mostly compile nothing, load no parser.
    from wilkc.syntax import PARSER  # noqa: PLC0415

    yield f"wilk {__version__}".encode()
    yield f"{sys.implementation.name} {sys.version} {unicodedata.unidata_version}".encode()
    yield PARSER.encode()
    for name in _DISTRIBUTIONS:
        yield f"{name} {metadata.version(name)}".encode()
    for folder in (*(_PACKAGE / room for room in _ROOMS), _TEMPLATES):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield path.relative_to(folder.parent).as_posix().encode()
                yield path.read_bytes()
