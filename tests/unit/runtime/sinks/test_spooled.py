"""What comes over a network is taken up to the length that was shipped."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.sinks import FolderSink, check
from wilkc.runtime.sinks.spooled import spooled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.runtime.sinks.conftest import Cargo


def test_pieces_up_to_their_length_come_back() -> None:
    with spooled([b"one", b"two"], 6, "`x`") as file:
        assert file.read() == b"onetwo"
    with spooled([], 0, "`x`") as file:
        assert file.read() == b""


@pytest.mark.parametrize("pieces", [[b"x"], [b""], [b"one", b"", b"two"]])
def test_pieces_without_end_are_not_waited_for(pieces: list[bytes]) -> None:
    taken = 0

    def sent() -> Iterator[bytes]:
        nonlocal taken
        for piece in itertools.islice(itertools.cycle(pieces), 1000):
            taken += 1
            yield piece

    with pytest.raises(VerificationError, match="more than the 6 bytes"), spooled(sent(), 6, "`x`"):
        pass
    assert taken <= 7


@pytest.mark.parametrize("kind", ["segment", "blob"])
def test_a_folder_that_has_more_is_not_read(kind: str, cargo: Cargo) -> None:
    cargo.ship()
    blob = next((cargo.place / "blobs").rglob("*/*"))
    path = blob if kind == "blob" else cargo.place / cargo.log.segments()[0].name
    path.chmod(0o644)
    with path.open("ab") as file:
        file.truncate(1 << 40)
    with pytest.raises(VerificationError, match="bytes that were shipped"):
        check(FolderSink(cargo.place), cargo.receipts, cargo.log.root)
