"""Builds the servers that only tests need, each once, from its pinned Go module.

usage: python tools/build_test_servers.py [NAME ...]

versitygw keeps objects in a folder and has Object Lock; logs are shipped to it. FerretDB speaks
MongoDB's protocol over SQLite; LibreChat's documents are read from it.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.go import building, built_from, find_go, go_version, install, keep, say
from wilkc.opa.obtain import cached_program, is_whole

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Server:
    """One program, and the module that it is built from.

    Attributes:
        name: of the program, which is its package `cmd/NAME`.
        module: its path.
        version: without the `v`.
        module_hash: as Go's checksum database has it.
    """

    name: str
    module: str
    version: str
    module_hash: str


SERVERS: Final = (
    Server(
        "versitygw",
        "github.com/versity/versitygw",
        "1.8.0",
        "h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=",
    ),
    Server(
        "ferretdb",
        "github.com/FerretDB/FerretDB",
        "1.24.2",
        "h1:trrUU0LbmusMbyubhPS1IELncvrIwKrsRT2LW1UUWCw=",
    ),
)


def main(names: list[str]) -> int:
    """Make sure that there are the servers named, or all. Returns a process exit code."""
    missing = 0
    for server in SERVERS:
        if names and server.name not in names:
            continue
        try:
            provide(server)
        except WilkError as error:
            missing = 1
            sys.stderr.write(f"  {server.name} cannot be had: {error.message}\n")
            sys.stderr.write(f"  {error.help_text}\n  without it, tests that need it are skipped\n")
    return missing


def provide(server: Server) -> Path:
    """The program, built now if it is not there.

    Raises:
        WilkError: it cannot be had.
    """
    target = cached_program(server.name, server.version)
    if is_whole(target):
        return target
    with building(target) as folder:
        if folder is not None:
            started = time.monotonic()
            go = find_go(folder)
            say(f"building {server.name} {server.version} with {go_version(go)}, for tests: once")
            package = f"{server.module}/cmd/{server.name}@v{server.version}"
            binary = install(go, package, server.name, folder)
            if built_from(go, binary) != (server.module, server.version, server.module_hash):
                raise UnavailableError("what Go built is not the pinned module")
            keep(binary, target)
            say(f"built in {time.monotonic() - started:.0f} s")
    return target


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
