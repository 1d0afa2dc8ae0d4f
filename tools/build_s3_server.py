"""Builds the S3-compatible server that tests ship logs to, once, from its pinned Go module.

usage: python tools/build_s3_server.py

versitygw keeps objects in a folder and has Object Lock.
"""

from __future__ import annotations

import sys
import time
from typing import Final

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.go import building, built_from, find_go, go_version, install, keep, say
from wilkc.opa.obtain import cached_program, is_whole

NAME: Final = "versitygw"
MODULE: Final = "github.com/versity/versitygw"
VERSION: Final = "1.8.0"
MODULE_HASH: Final = "h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc="


def main() -> int:
    """Make sure that there is one; print where. Returns a process exit code."""
    target = cached_program(NAME, VERSION)
    try:
        if not is_whole(target):
            with building(target) as folder:
                if folder is not None:
                    started = time.monotonic()
                    go = find_go(folder)
                    say(f"building {NAME} {VERSION} with {go_version(go)}, for tests: once")
                    package = f"{MODULE}/cmd/{NAME}@v{VERSION}"
                    binary = install(go, package, NAME, folder)
                    if built_from(go, binary) != (MODULE, VERSION, MODULE_HASH):
                        raise UnavailableError("what Go built is not the pinned module")
                    keep(binary, target)
                    say(f"built in {time.monotonic() - started:.0f} s")
    except WilkError as error:
        sys.stderr.write(f"  {NAME} cannot be had: {error.message}\n  {error.help_text}\n")
        return 1
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
