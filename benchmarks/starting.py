"""Process start, and checking one spec."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from wilkc.compiler import check, review

if TYPE_CHECKING:
    from benchmarks.measure import Row

from benchmarks.measure import side_by_side

SPEC = Path(__file__).parents[1] / "policies" / "examples" / "reviewer.yaml"
LINTED = (100, 1_000)
"""Specs of the two measurements: lint costs the same for each of them."""
SMALL = 50
"""One in so many of them is left where only the table's shape is wanted."""
WILKC = [sys.executable, "-m", "wilkc.cli.main"]


def process_start(rounds: int) -> list[Row]:
    """`wilkc --version` against importing click alone."""
    floor = ("python -c 'import click'", lambda: _run(sys.executable, "-c", "import click"))
    script = str(Path(sys.executable).with_name("wilkc"))
    return side_by_side(floor, {"wilkc --version": lambda: _run(script, "--version")}, rounds)


def check_command(rounds: int) -> list[Row]:
    """`wilkc check` of the seeds' agent against a process that does nothing."""
    floor = ("wilkc --version", lambda: _run(*WILKC, "--version"))
    return side_by_side(
        floor, {"wilkc check reviewer.yaml": lambda: _run(*WILKC, "check", str(SPEC))}, rounds
    )


def check_in_process(rounds: int) -> list[Row]:
    """Checking the same text, in a warm process, against reading its YAML alone."""
    data = SPEC.read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    floor = ("yaml.load, C loader", lambda: yaml.load(data, loader))  # noqa: S506 - a safe one
    measured = {
        "check reviewer.yaml, in process": lambda: check({"reviewer.yaml": data}),
        "check reviewer.yaml with lint, in process": lambda: review({"reviewer.yaml": data}),
    }
    return side_by_side(floor, measured, rounds)


def linting(rounds: int, *, small: bool = False) -> list[Row]:
    """Lint over many specs, each with patterns of its own, against checking without it."""
    text = SPEC.read_bytes()
    return [
        row
        for count in LINTED
        for row in _linted(
            count,
            {
                f"s{number}.yaml": b"agent: s%d\n" % number
                + text.replace(b"./src/", b"./src%d/" % number)
                for number in range(count // SMALL if small else count)
            },
            rounds,
        )
    ]


def _linted(count: int, sources: dict[str, bytes], rounds: int) -> list[Row]:
    floor = (f"check {count} specs", lambda: check(sources))
    measured = {f"check {count} specs with lint": lambda: review(sources)}
    return side_by_side(floor, measured, rounds)


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=True)
