"""Every bit of a small log, and of its checkpoint, flipped in turn: never OK, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.audit import AuditSettings, Verification

if TYPE_CHECKING:
    from pathlib import Path

BITS = 8


@pytest.mark.parametrize("bit", range(BITS))
@pytest.mark.parametrize("mode", ["event", "checkpoint"])
def test_every_bit(
    make: Any, request_: Any, deny: Any, tmp_path: Path, mode: Any, bit: int
) -> None:
    settings = AuditSettings(mode=mode, reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    log = make(tmp_path / "x", settings)
    with log.open(settings) as logger:
        logger.intent(request_, deny)
    kept = log.checkpoint
    flipped = 0
    for path in (*log.segments(), log.directory / "checkpoint"):
        text = bytearray(path.read_bytes())
        for place in range(len(text)):
            text[place] ^= 1 << bit
            path.write_bytes(text)
            text[place] ^= 1 << bit
            found = log.verify()
            assert isinstance(found, Verification)
            assert not found.ok, (path.name, place)
            flipped += 1
        path.write_bytes(text)
    assert flipped > 2000
    assert log.verify(kept).verdict == "OK"
