"""Where signatures are left out, a checkpoint speaks for them; after the last one nothing does."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from wilkc.core.encoding import to_base64
from wilkc.runtime.audit import walk
from wilkc.runtime.audit.line import EventLine, event_line, parse_line
from wilkc.runtime.audit.note import parse_checkpoint, sign_note
from wilkc.runtime.keys import SigningKey


def _with_tail(log: Any, signature: bytes | None) -> None:
    """Take the last checkpoint off the log, and sign the event before it anew."""
    path = log.segments()[-1]
    lines = path.read_bytes().split(b"\n")[:-1]
    while not isinstance(line := parse_line(lines.pop()), EventLine):
        pass
    lines.append(event_line(line.stored, signature or line.signature))
    path.write_bytes(b"".join(one + b"\n" for one in lines))


@pytest.mark.parametrize("signatures", ["all", "sample", "none"])
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("most", [walk.MOST_UNPROVEN, 0])
def test_a_forged_tail_is_tampering_whatever_is_left_out(
    full: Any, monkeypatch: pytest.MonkeyPatch, signatures: str, jobs: int, most: int
) -> None:
    monkeypatch.setattr(walk, "MOST_UNPROVEN", most)
    (full.directory / "checkpoint").write_text(_older(full), encoding="utf-8")
    _with_tail(full, None)
    good = full.verify(live=True, signatures=signatures, jobs=jobs)
    assert (good.verdict, good.tail > 0) == ("OK_UNANCHORED", True)
    _with_tail(full, bytes(64))
    forged = full.verify(live=True, signatures=signatures, jobs=jobs)
    assert forged.verdict == "TAMPERED"
    assert "signature does not verify" in forged.reasons[0]
    assert forged.size == good.size - 1


def _older(log: Any) -> str:
    """The checkpoint that the last segment begins with."""
    for stored in log.segments()[-1].read_bytes().split(b"\n"):
        line = parse_line(stored)
        if not isinstance(line, EventLine):
            return line.note
    raise AssertionError("the segment has no checkpoint")


def test_a_checkpoint_of_nothing_is_no_anchor(full: Any) -> None:
    text = f"{parse_checkpoint(full.checkpoint)[0].origin}\n0\n{to_base64(sha256().digest())}\n"
    empty = sign_note(text, "elsewhere", SigningKey(bytes([7]) * 32))
    assert full.verify(empty).verdict == "OK_UNANCHORED"
    assert full.verify(empty, require_anchor=True).verdict == "INCOMPLETE"
    assert full.verify(empty, full.checkpoint, require_anchor=True).verdict == "OK"


def test_a_checkpoint_of_nothing_has_the_root_of_nothing(full: Any) -> None:
    origin = parse_checkpoint(full.checkpoint)[0].origin
    for root, verdict in ((sha256(b"").digest(), "OK_UNANCHORED"), (bytes(32), "TAMPERED")):
        text = f"{origin}\n0\n{to_base64(root)}\n"
        given = sign_note(text, "elsewhere", SigningKey(bytes([7]) * 32))
        assert full.verify(given).verdict == verdict
