"""What a second folder holds durably before there is a receipt, and what a killed run left."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.disk import Disk
from wilkc.runtime.sinks import FolderSink
from wilkc.runtime.sinks.receipts import load_receipts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.sinks.conftest import Cargo


def test_names_are_durable_before_there_is_a_receipt(cargo: Cargo) -> None:
    class Noting(Disk):
        def __init__(self) -> None:
            self.synced: list[Path] = []

        def sync_directory(self, path: Path) -> None:
            self.synced.append(path)
            super().sync_directory(path)

    path = cargo.log.segments()[0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # The second time it is there already, as after a crash just before it was made durable.
    for _ in range(2):
        disk = Noting()
        FolderSink(cargo.place, disk).put("blobs/ab/x", path, digest)
        assert disk.synced == [cargo.place / "blobs/ab", cargo.place / "blobs", cargo.place]


def test_what_a_killed_run_left_is_in_nobodys_way(cargo: Cargo) -> None:
    left = cargo.place / f".tmp-{cargo.log.segments()[0].name}"
    left.symlink_to("/nowhere/at/all")
    assert cargo.ship().segments == 2
    assert not left.is_symlink()


class Forgetful(FolderSink):
    """Has every checkpoint, and gives back another."""

    @contextmanager
    def read(self, key: str, most: int) -> Iterator[BinaryIO]:
        with super().read(key, most) as file:
            yield io.BytesIO(b"other") if key.startswith("checkpoints/") else file


def test_a_checkpoint_counts_once_it_was_read_back(cargo: Cargo) -> None:
    sink = Forgetful(cargo.place)
    with pytest.raises(VerificationError, match="another checkpoint"):
        cargo.ship(sink)
    receipts = load_receipts(cargo.receipts, sink.name)
    assert (len(receipts.segments), receipts.checkpoint) == (2, 0)
