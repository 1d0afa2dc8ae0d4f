"""Building OPA once from its pinned Go module. Layer: opa; run by set-up.

usage: python -m wilkc.opa.build_opa

What comes out is verified: with the pinned toolchain by the binary's own digest, else by the
hash of the module that Go recorded in it.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.go import WHEEL_GO, building, built_from, find_go, go_version, install, keep, say
from wilkc.opa.obtain import PINNED, cached_binary, file_digest, find_opa, text_of

if TYPE_CHECKING:
    from pathlib import Path

MODULE: Final = "github.com/open-policy-agent/opa"
MODULE_HASH: Final = "h1:WzqReKk2VjcvBN/NQTlcIxKqFPKpzIdb6KYMHzPEbe0="
WHEEL_DIGEST: Final = "e3001ee396343f8623d2d18586d123e5ab183131f77a791e475185dbc1f942ea"
"""Of the binary that the pinned toolchain builds on linux/amd64."""


def main() -> int:
    """Make sure that there is an OPA; print where. Returns a process exit code."""
    try:
        print(f"OPA: {ensure_opa()}")  # noqa: T201 - set-up talks to a person
    except WilkError as error:
        sys.stderr.write(f"OPA cannot be had: {error.message}\n  {error.help_text}\n")
        return 1
    return 0


def ensure_opa() -> Path:
    """The OPA to use, built now if there is none.

    Raises:
        UnavailableError: `WILK_OPA` names one that cannot be used, or building failed.
    """
    if os.environ.get("WILK_OPA"):
        return find_opa().path
    try:
        return find_opa().path
    except UnavailableError:
        return _build_once(cached_binary())


def _build_once(target: Path) -> Path:
    with building(target) as folder:
        if folder is not None:
            go = find_go(folder)
            say(f"building OPA {text_of(PINNED)} with {go_version(go)}: once, one to three minutes")
            binary = install(go, f"{MODULE}@v{text_of(PINNED)}", "opa", folder)
            _verify(go, binary)
            keep(binary, target)
    return target


def _verify(go: Path, binary: Path) -> None:
    pinned = go_version(go) == WHEEL_GO and platform.machine() == "x86_64"
    if pinned and file_digest(binary) == WHEEL_DIGEST:
        return
    if built_from(go, binary) != (MODULE, text_of(PINNED), MODULE_HASH):
        raise UnavailableError(
            "what Go built is not the pinned module",
            help_text="check which module proxy Go uses, then run set-up again",
        )


if __name__ == "__main__":
    sys.exit(main())
