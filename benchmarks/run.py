"""Every published number.

usage: python benchmarks/run.py [--markdown] [--rounds N] [--small]
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import wilkc
from benchmarks.compiling import compiling
from benchmarks.counting import counting
from benchmarks.deciding import decisions
from benchmarks.differing import differing
from benchmarks.gating import gating
from benchmarks.guarding import guarding
from benchmarks.hooking import hooking
from benchmarks.identifying import identifying
from benchmarks.launching import launching
from benchmarks.loading import loading
from benchmarks.measure import Row, table
from benchmarks.messages import messages
from benchmarks.proving import proving
from benchmarks.reaching import carrying, reaching
from benchmarks.recording import recording
from benchmarks.reviewing import comparing, peers
from benchmarks.scaling import scaling
from benchmarks.starting import check_command, check_in_process, linting, process_start
from benchmarks.updating import ACTIVATIONS, updating
from benchmarks.verifying import verifying
from wilkc.opa.obtain import find_opa, text_of

HEAD = """# Benchmarks

Written by `make bench`, that is `python benchmarks/run.py --markdown > docs/benchmarks.md`.
Each row was measured in the same rounds as its floor; trust the ratio more than the time. A
machine that idles between calls answers more slowly than one that is asked back to back.
Compiling many specs is measured in processor time of a process of its own, and reading an audit
log and what a record takes without its sync in that of the process; all else in elapsed time. The
last column says what else was measured.

A launch that may write makes places for what it protects and removes them again; what the disk
takes for that stands beside it. Between three processes on two processors
a body cannot be as quick as between two; what of that is the kernel's shows a process that only
splices. `wilkc diff` also runs OPA once and reads all agents twice, which `wilkc check` does not.
"""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--markdown", action="store_true", help="print the whole page")
    parser.add_argument("--rounds", type=int, default=0, help="the same rounds for everything")
    parser.add_argument("--small", action="store_true", help="less of everything: only to try it")
    given = parser.parse_args()
    # Whoever has Wilk installed has it as bytecode; here that may be stale, or not written.
    compileall.compile_dir(wilkc.__path__[0], quiet=2)
    rows = measure(given.rounds, small=given.small)
    if given.markdown:
        print(HEAD)
        print(f"{machine()}\n")
    print(table(rows))


def measure(rounds: int = 0, *, small: bool = False) -> list[Row]:
    """All rows; 0 rounds takes as many as each measurement needs."""
    return [
        # First, as a process begins with the peak of memory that its parent has had.
        *compiling(min(rounds or 3, 3), small=small),
        *process_start(rounds or 25),
        *check_command(rounds or 15),
        *check_in_process(rounds or 200),
        *linting(min(rounds or 5, 5), small=small),
        *decisions(rounds or 2000),
        *guarding(rounds or 2000),
        *hooking(min(rounds or 60, 60), min(rounds or 15, 15)),
        *messages(rounds or 500),
        *reaching(rounds or 500),
        *carrying(min(rounds or 5, 5), small=small),
        *launching(min(rounds or 150, 150), small=small),
        *loading(1 if small else 5),
        *updating(min(rounds or ACTIVATIONS, ACTIVATIONS)),
        *scaling(rounds or 500, small=small),
        *counting(min(rounds or 30, 30)),
        *identifying(min(rounds or 500, 500), small=small),
        *proving(min(rounds or 5, 5), small=small),
        *comparing(min(rounds or 9, 9), small=small),
        *peers(min(rounds or 5, 5)),
        *differing(min(rounds or 5, 5), small=small),
        *gating(min(rounds or 15, 15), small=small),
        *recording(min(rounds or 10, 10), small=small),
        *verifying(min(rounds or 5, 5), small=small),
    ]


def machine() -> str:
    """What it was measured on."""
    return (
        f"{platform.machine()}, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, OPA {text_of(find_opa().version)}, "
        f"{len(os.sched_getaffinity(0))} processors"
    )


if __name__ == "__main__":
    main()
