"""What is checked between bubblewrap's start and the command's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.start import require_same_files
from wilkc.runtime.sandbox.view import Bind, View

if TYPE_CHECKING:
    from pathlib import Path


def _view(folder: Path) -> View:
    """A view of the folder as it is now, in which this process itself stands for the command."""
    status = folder.stat()
    bind = Bind(str(folder), "write", None, status.st_dev, status.st_ino, "fs.write.allow.0", 1)
    return View((), "/home/dev", str(folder), 1, 1, (), binds=(bind,))


def test_the_directory_that_was_judged_is_mounted(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    require_same_files(os.getpid(), _view(tmp_path / "out"))


def test_another_directory_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "other").mkdir()
    view = _view(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "was")
    (tmp_path / "other").rename(tmp_path / "out")
    with pytest.raises(SandboxRefusedError, match="was replaced while the sandbox was built"):
        require_same_files(os.getpid(), view)


def test_a_mount_that_cannot_be_looked_at_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    view = _view(tmp_path / "out")
    (tmp_path / "out").rmdir()
    with pytest.raises(SandboxRefusedError, match="cannot be looked at"):
        require_same_files(os.getpid(), view)
