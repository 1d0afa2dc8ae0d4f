"""Plant deliberate faults, one at a time, and see that the test suite finds each.

usage: python tools/mutants.py [--table FILE] [--list | --note] [NAME ...]

The table is `tools/mutants.toml`. The tree, with what is not committed yet, is copied to
temporary folders; there one text of one file is replaced and the tests that must notice are
run. Nothing of the tree itself is changed. Exit code 1 where a fault survives, where it cannot
be planted any more, and where the tests do not run or already fail without it.

Which test found a fault the last time is noted beside the table, and that test is run first. It
is only a hint: where it does not fail, all tests of the fault are run.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = ROOT / "tools" / "mutants.toml"
WORKERS: Final = 2
LIMIT_SECONDS: Final = 180
"""Time that the tests of one fault get; a fault that is not found by then is not found."""
SOUND_SECONDS: Final = 900
"""Time that all of the tests get without any fault."""
SEED: Final = "1"
"""Generated cases are the same in every run, so that a kill is no chance."""
TESTS_PASSED, TESTS_FAILED, NO_END = 0, 1, -1
_FAILED: Final = re.compile(r"^FAILED (\S+::.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Fault:
    """One fault: in `file`, the text `old` becomes `new`, which opens what `opens` says.

    `first` is one of the tests that found it before; empty if none is known.
    """

    name: str
    area: str
    file: str
    old: str
    new: str
    opens: str
    tests: tuple[str, ...]
    first: str = ""


@dataclass(frozen=True)
class Result:
    """Whether the tests found a fault, and the first that failed or what happened instead."""

    killed: bool
    by: str


class Copy:
    """A copy of the tree that faults are planted in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "1000",
            "WILK_SEED": SEED,
        }
        for name in _tree():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        # By its digest, as a planted text may have the size and the time of the sound one.
        self._python("-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "wilkc")
        self._check_import()

    def _check_import(self) -> None:
        """The tests must import the copy, not the project that is installed for editing."""
        done = self._python("-c", "import wilkc; print(wilkc.__file__)")
        if not Path(done.stdout.strip()).is_relative_to(self._folder):
            sys.exit(f"the tests would import {done.stdout.strip() or done.stderr.strip()}")

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[None]:
        """The tree with one fault in it."""
        path = self._folder / fault.file
        sound = path.read_bytes()
        path.write_bytes(sound.replace(fault.old.encode(), fault.new.encode()))
        try:
            yield
        finally:
            path.write_bytes(sound)

    def test(self, tests: Sequence[str], seconds: float) -> tuple[int, str]:
        """Exit code and output of pytest, up to the first failure; `NO_END` if it has none."""
        pytest = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
        try:
            done = self._python(*pytest, *tests, seconds=seconds)
        except subprocess.TimeoutExpired:
            return NO_END, f"no end in {seconds:.0f} seconds"
        return done.returncode, done.stdout + done.stderr

    def _python(
        self, *arguments: str, seconds: float = LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )


def read_faults(table: Path) -> tuple[Fault, ...]:
    """The faults of a table, in its order, with what is noted of them."""
    held = tomllib.loads(table.read_text(encoding="utf-8"))
    noted = _noted(table)
    return tuple(
        Fault(**{**one, "tests": tuple(one["tests"])}, first=noted.get(one["name"], ""))
        for one in held["fault"]
    )


def _noted(table: Path) -> dict[str, str]:
    """Of each fault the test that found it, as it stands beside the table."""
    path = table.with_suffix(".json")
    noted: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
    return noted


def _note(table: Path, found: Mapping[str, str]) -> None:
    """Keep which test found which fault, for faults that the table still holds."""
    known = {fault.name for fault in read_faults(table)}
    noted = {**_noted(table), **found}
    kept = {name: test for name, test in noted.items() if name in known}
    text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
    table.with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")


def problem(fault: Fault) -> str:
    """Why a fault cannot be planted or nothing could find it; empty if all is well."""
    path = ROOT / fault.file
    found = path.read_text(encoding="utf-8").count(fault.old) if path.is_file() else 0
    if found != 1:
        return f"its text occurs {found} times in {fault.file}"
    if fault.old == fault.new:
        return "it changes nothing"
    missing = [test for test in fault.tests if not (ROOT / test).is_file()]
    return f"there is no {missing[0]}" if missing else "" if fault.tests else "it names no tests"


def run(fault: Fault, copies: queue.SimpleQueue[Copy]) -> Result:
    """Plant one fault in a copy that is free, and see which test fails first."""
    copy = copies.get()
    try:
        with copy.planted(fault):
            code, output = NO_END, ""
            if fault.first.partition("::")[0] in fault.tests:
                code, output = copy.test([fault.first], LIMIT_SECONDS)
            if code != TESTS_FAILED:
                code, output = copy.test(fault.tests, LIMIT_SECONDS)
    finally:
        copies.put(copy)
    failed = _FAILED.search(output)
    if code == TESTS_FAILED and failed:
        return Result(killed=True, by=failed[1])
    if code == TESTS_PASSED:
        return Result(killed=False, by="SURVIVED")
    return Result(killed=False, by="NO VERDICT: " + " ".join(output.split())[-200:])


def _tree() -> list[str]:
    """Every file that git knows or would add, as it is in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return [name for name in names if (ROOT / name).is_file()]


def _sound(faults: Sequence[Fault], copies: Sequence[Copy], pool: ThreadPoolExecutor) -> bool:
    """Whether all tests pass as long as nothing is planted."""
    tests = sorted({test for fault in faults for test in fault.tests})
    shares = [share for at in range(len(copies)) if (share := tests[at :: len(copies)])]
    done = pool.map(lambda copy, share: copy.test(share, SOUND_SECONDS), copies, shares)
    for code, output in done:
        if code != TESTS_PASSED:
            print(output[-3000:])
            print("without any fault the tests must pass")
            return False
    return True


def _show(faults: Sequence[Fault], results: Iterator[Result]) -> dict[str, str]:
    """Print the table as it grows.

    Returns:
        The test that found each fault; those that none found are not among them.
    """
    named = max(len(fault.name) for fault in faults)
    opening = max(len(fault.opens) for fault in faults)
    found: dict[str, str] = {}
    print(f"{'area':12} {'fault':{named}} {'what it would let through':{opening}} killed by")
    for fault, result in zip(faults, results, strict=True):
        if result.killed:
            found[fault.name] = result.by
        line = f"{fault.area:12} {fault.name:{named}} {fault.opens:{opening}} {result.by}"
        print(line, flush=True)
    return found


def _chosen(names: Sequence[str], faults: Sequence[Fault]) -> tuple[Fault, ...]:
    unknown = set(names) - {fault.name for fault in faults}
    if unknown:
        sys.exit(f"no fault is called {', '.join(sorted(unknown))}")
    return tuple(fault for fault in faults if not names or fault.name in names)


def main() -> int:
    """Run what the command line asks for.

    Returns:
        0 if every fault is found, else 1.
    """
    parser = argparse.ArgumentParser(description="see that the tests find deliberate faults")
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to run; all if none")
    parser.add_argument("--table", type=Path, default=TABLE, help="another table of faults")
    parser.add_argument("--list", action="store_true", help="only see that they can be planted")
    parser.add_argument("--note", action="store_true", help="note which test found which fault")
    asked = parser.parse_args()
    faults = _chosen(asked.names, read_faults(asked.table))
    stale = [f"{fault.name}: {why}" for fault in faults if (why := problem(fault))]
    if stale or asked.list:
        print("\n".join(stale or [f"{fault.area:12} {fault.name}" for fault in faults]))
        return bool(stale)
    started = time.monotonic()
    copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        made = [Copy(Path(folder).resolve() / str(number)) for number in range(WORKERS)]
        if not _sound(faults, made, pool):
            return 1
        for copy in made:
            copies.put(copy)
        found = _show(faults, pool.map(lambda fault: run(fault, copies), faults))
    seconds = time.monotonic() - started
    if asked.note:
        _note(asked.table, found)
    print(f"{len(found)} of {len(faults)} faults killed in {seconds:.0f} seconds")
    return len(found) < len(faults)


if __name__ == "__main__":
    sys.exit(main())
