"""Bundles in files and folders, as they come and go."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UsageError
from wilkc.opa.sources import open_source
from wilkc.opa.sources.files import FileSource, FolderSource
from wilkc.opa.sources.web import WebSource

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.opa.sources import Source


def _found(source: Source) -> list[bytes]:
    return [offer.data for offer in source.look()]


def test_a_place_has_the_source_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"")
    assert isinstance(open_source(str(tmp_path), poll_seconds=1), FolderSource)
    assert isinstance(open_source(str(tmp_path / "x.tar.gz"), poll_seconds=1), FileSource)
    assert isinstance(open_source(str(tmp_path / "none"), poll_seconds=1), FileSource)
    assert isinstance(open_source("https://example.org/b.tar.gz", poll_seconds=1), WebSource)


def test_a_file_is_offered_once_and_again_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(b"one")
    source = FileSource(path)
    assert _found(source) == [b"one"]
    assert _found(source) == []
    (tmp_path / "new").write_bytes(b"two")
    (tmp_path / "new").replace(path)
    assert _found(source) == [b"two"]
    assert source.names() == {str(path)}


def test_a_file_that_is_not_there_is_said_each_time(tmp_path: Path) -> None:
    source = FileSource(tmp_path / "bundle.tar.gz")
    for _ in range(2):
        with pytest.raises(UsageError, match="cannot read the bundle"):
            _found(source)
    (tmp_path / "bundle.tar.gz").write_bytes(b"one")
    assert _found(source) == [b"one"]


def test_a_pipe_does_not_stop_who_looks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bundle.tar.gz")
    with pytest.raises(UsageError, match="is no file"):
        _found(FileSource(tmp_path / "bundle.tar.gz"))


def test_a_folder_offers_what_is_new_in_it(tmp_path: Path) -> None:
    for name, data in (("b.tar.gz", b"b"), ("a.tar.gz", b"a"), ("c.txt", b"c"), (".d.tar.gz", b"")):
        (tmp_path / name).write_bytes(data)
    source = FolderSource(tmp_path)
    assert _found(source) == [b"a", b"b"]
    assert _found(source) == []
    (tmp_path / "z.tar.gz").write_bytes(b"z")
    (tmp_path / "a.tar.gz").write_bytes(b"other")
    assert _found(source) == [b"other", b"z"]
    (tmp_path / "a.tar.gz").unlink()
    assert _found(source) == []
    assert source.names() == {str(tmp_path / "b.tar.gz"), str(tmp_path / "z.tar.gz")}


def test_a_folder_that_vanished_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "releases"
    folder.mkdir()
    source = FolderSource(folder)
    folder.rmdir()
    with pytest.raises(UsageError, match="cannot read"):
        _found(source)


def test_a_folder_has_room_for_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wilkc.opa.sources.files.MAX_FILES", 1)
    (tmp_path / "a.tar.gz").write_bytes(b"a")
    assert _found(FolderSource(tmp_path)) == [b"a"]
    (tmp_path / "b.tar.gz").write_bytes(b"b")
    with pytest.raises(UsageError, match="more than 1 bundles"):
        _found(FolderSource(tmp_path))


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_larger_than_a_bundle_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("wilkc.opa.sources.files.MAX_BUNDLE_BYTES", 3)
    (tmp_path / "a.tar.gz").write_bytes(b"four")
    source = FileSource(tmp_path / "a.tar.gz") if kind == "file" else FolderSource(tmp_path)
    with pytest.raises(UsageError, match="larger than any bundle"):
        _found(source)
