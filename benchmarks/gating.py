"""The whole commands of a pull request: `wilkc diff` beside `wilkc check` of what it touches."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.differing import AGENTS, TOUCHED
from benchmarks.distinct import specs
from benchmarks.measure import side_by_side
from benchmarks.starting import WILKC

if TYPE_CHECKING:
    from benchmarks.measure import Row

_GIT: Final = (
    "git", "-c", "user.name=bench", "-c", "user.email=bench@localhost",
    "-c", "commit.gpgsign=false",
)  # fmt: skip


def gating(rounds: int, *, small: bool = False) -> list[Row]:
    """Folders and a Git revision, of which few specs differ; examples are confirmed by OPA."""
    count = AGENTS // 50 if small else AGENTS
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _write(place, count)
        run = partial(_run, place)
        return side_by_side(
            (f"wilkc check of {TOUCHED} specs that changed", lambda: run("check", "touched")),
            {
                "wilkc diff of folders of many agents, of which these changed": lambda: run(
                    "diff", "old", "policies"
                ),
                "the same where there is no OPA to confirm it": lambda: run(
                    "diff", "old", "policies", opa=False
                ),
                "wilkc diff of a Git revision and the files, of which these changed": lambda: run(
                    "diff", "git:HEAD:policies"
                ),
            },
            rounds,
        )


def _write(place: Path, count: int) -> None:
    """The old policies as a folder and as a commit, the new ones, and what differs."""
    old, new, touched = (place / name for name in ("old", "policies", "touched"))
    for one in (old, new, touched):
        one.mkdir()
    texts = dict(specs(count))
    for name, text in texts.items():
        (old / name).write_text(text, encoding="utf-8")
        (new / name).write_text(text, encoding="utf-8")
    for command in (("init", "-q"), ("add", "policies"), ("commit", "-q", "-m", "old")):
        subprocess.run([*_GIT, *command], cwd=place, check=True)
    for name in [*texts][:TOUCHED]:
        changed = texts[name].replace("package", "also", 1)
        (new / name).write_text(changed, encoding="utf-8")
        (touched / name).write_text(changed, encoding="utf-8")


def _run(place: Path, *arguments: str, opa: bool = True) -> None:
    hidden = {"XDG_CACHE_HOME": str(place / "cache"), "PATH": str(place / "cache")}
    kept = {name: value for name, value in os.environ.items() if name != "WILK_OPA"}
    done = subprocess.run(
        [*WILKC, *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        env=None if opa else kept | hidden,
    )
    if "by OPA" in done.stdout and not opa:
        raise ValueError("there is an OPA")
    if arguments[0] == "diff" and f"{TOUCHED} wider" not in done.stdout:
        raise ValueError(f"other agents changed than were touched: {done.stdout[-300:]}")
