"""Replacing a file as a whole, whatever lies in its way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.disk import TEMPORARY, Disk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_a_crash_left_is_in_nobodys_way(tmp_path: Path) -> None:
    left = tmp_path / f"{TEMPORARY}copy"
    left.write_text("half")
    left.chmod(0o444)
    Disk().put_file(tmp_path / "copy", b"whole", mode=0o444)
    assert (tmp_path / "copy").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["copy"]  # noqa: PTH208  # hidden names, too


def test_a_file_put_there_to_be_read_gets_nothing(tmp_path: Path) -> None:
    laid = tmp_path / f"{TEMPORARY}key"
    laid.write_text("")
    laid.chmod(0o666)
    with laid.open("rb") as held:
        Disk().put_file(tmp_path / "key", b"secret", mode=0o600)
        assert held.read() == b""
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_link_put_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("untouched")
    (tmp_path / f"{TEMPORARY}key").symlink_to(tmp_path / "other")
    Disk().put_file(tmp_path / "key", b"secret")
    assert (tmp_path / "other").read_text() == "untouched"
    assert (tmp_path / "key").read_bytes() == b"secret"


def test_a_name_that_cannot_be_cleared_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"{TEMPORARY}key" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"directory|permitted"):
        Disk().put_file(tmp_path / "key", b"secret")
    assert not (tmp_path / "key").exists()
