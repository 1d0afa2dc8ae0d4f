"""Builds the servers that only tests need, each once, from pinned Go modules.

usage: python tools/build_test_servers.py

versitygw keeps objects in a folder and has Object Lock; logs are shipped to it. mongo-server speaks
MongoDB's protocol; LibreChat's documents are read from it. It is FerretDB as its package is meant
to be embedded, since FerretDB's own program cannot be built from its published module.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.go import build, building, built_from, find_go, go_version, install, keep, say
from wilkc.opa.obtain import cached_program, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable

S3: Final = ("github.com/versity/versitygw", "1.8.0",
             "h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=")  # fmt: skip
"""Module, version and hash of versitygw."""
MONGO: Final = Path(__file__).parents[1] / "tests" / "data" / "mongo_server"
"""A module of its own, whose `go.sum` pins FerretDB and all below it."""


def main() -> int:
    """Make sure that there are all of them. Returns a process exit code."""
    mongo_version = source_version(MONGO)
    return max(
        provide(cached_program("versitygw", S3[1]), _build_s3),
        provide(cached_program("mongo-server", mongo_version), _build_mongo),
    )


def source_version(source: Path) -> str:
    """A name for what a module on the disk says now."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((source / name).read_bytes())
    return digest.hexdigest()[:16]


def provide(target: Path, make: Callable[[Path, Path], Path]) -> int:
    """Build a program if it is not there; says what it does. Returns a process exit code."""
    name = target.name
    try:
        if not is_whole(target):
            with building(target) as folder:
                if folder is not None:
                    started = time.monotonic()
                    go = find_go(folder)
                    say(f"building {name} with {go_version(go)}, for tests: once")
                    keep(make(go, folder), target)
                    say(f"built in {time.monotonic() - started:.0f} s")
    except WilkError as error:
        sys.stderr.write(f"  {name} cannot be had: {error.message}\n  {error.help_text}\n")
        sys.stderr.write("  without it the tests that need it are skipped\n")
        return 1
    return 0


def _build_s3(go: Path, folder: Path) -> Path:
    module, version, _ = S3
    binary = install(go, f"{module}/cmd/versitygw@v{version}", "versitygw", folder)
    if built_from(go, binary) != S3:
        raise UnavailableError("what Go built is not the pinned module")
    return binary


def _build_mongo(go: Path, folder: Path) -> Path:
    return build(go, MONGO, "mongo-server", folder)


if __name__ == "__main__":
    sys.exit(main())
