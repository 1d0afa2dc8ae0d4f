"""`wilkc` as root and as an ordinary user, who can read neither the tests nor their Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import idna
import pytest

import wilkc
from tests.unit.runtime.sandbox.conftest import bare_launcher, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["identity"]


@dataclass(frozen=True)
class Host:
    """How to run `wilkc`, and a workspace that an ordinary user owns."""

    launcher: tuple[str, ...]
    code: Path
    work: Path
    temporary: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.code), "TMPDIR": str(self.temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        return subprocess.Popen(
            [*self.launcher, "-m", "wilkc.cli.main", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.work,
            env=environment,
        )  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def left(self) -> list[str]:
        """What is in the temporary directory."""
        return [str(one) for one in self.temporary.iterdir()]

    def require_nothing_left(self, before: set[Path]) -> None:
        """No file, and of the control groups that are new none that stays.

        Others launch on this machine too: their groups come, and go.
        """
        new = groups() - before
        end = time.monotonic() + 60
        while (self.left() or any(one.exists() for one in new)) and time.monotonic() < end:
            time.sleep(0.05)
        assert self.left() == []
        assert [one for one in new if one.exists()] == []


def groups() -> set[Path]:
    """The control groups of launches that there are now."""
    return {one for one in Path("/sys/fs/cgroup").glob("**/wilk-*-*") if one.is_dir()}


@pytest.fixture
def host(bwrap: Path, identity: str, require: Callable[..., Any]) -> Iterator[Host]:
    del bwrap
    launcher, owner = bare_launcher(identity, require)
    top = Path(tempfile.mkdtemp(prefix="wilk-host-tests-"))
    top.chmod(0o755)
    code = top / "code"
    for package in (wilkc, click, idna):
        source = Path(str(package.__file__)).parent
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, code / source.name, ignore=ignore)
    for path in code.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    made = Host(launcher, code, top / "work", top / "tmp")
    for folder in (made.work, made.temporary):
        folder.mkdir()
        # What root makes for a moment it makes where nobody else could move it.
        if os.geteuid() == 0 and (folder == made.work or identity == "user"):
            os.chown(folder, owner, owner)
    yield made
    shutil.rmtree(top)
