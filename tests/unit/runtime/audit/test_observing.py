"""Who observes a verification sees the same, however many processes read."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.audit import Options, verify
from wilkc.runtime.audit.verifying.parallel import adopt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.runtime.audit.verification import VerifiedEvent


def _observed(log: Any, jobs: int, *, live: bool = False) -> tuple[Any, list[VerifiedEvent]]:
    seen: list[VerifiedEvent] = []
    found = verify(
        log.directory, log.root, {"one": log.checkpoint},
        live=live, observer=seen.append, options=Options(jobs=jobs),
    )  # fmt: skip
    return found, seen


def _after_adopting(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Do something between a worker's walk and the second reading of the segment."""

    def adopting(reading: Any, walked: Any) -> bool:
        adopted = adopt(reading, walked)
        change()
        return adopted

    monkeypatch.setattr(sys.modules[verify.__module__], "adopt", adopting)


def test_observers_see_the_same_in_the_same_order(full: Any) -> None:
    one, two = _observed(full, 1), _observed(full, 2)
    assert one[0].ok
    assert len(one[1]) == one[0].size
    assert one[1] == two[1]
    assert asdict(one[0]) == asdict(two[0])


def test_keys_are_tried_by_several_processes_too(full: Any) -> None:
    one = full.verify(keys=full.keys())
    two = full.verify(keys=full.keys(), jobs=2)
    assert one.opened
    assert asdict(one) == asdict(two)


def test_what_is_observed_is_what_was_walked(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path: Path = full.segments()[0]
    text = path.read_bytes()
    path.chmod(0o600)
    # The same length, and a record in its form: only the bytes tell.
    _after_adopting(monkeypatch, lambda: path.write_bytes(text.replace(b"read", b"gone", 1)))
    found, _ = _observed(full, 2)
    assert found.verdict == "TAMPERED"
    assert "changed while it was read" in found.reasons[0]
    assert _observed(full, 1)[0].verdict == "TAMPERED"


@pytest.mark.parametrize("size", [0, 100])
def test_a_segment_that_shrinks_meanwhile_is_not_what_was_walked(
    full: Any, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path: Path = full.segments()[0]
    path.chmod(0o600)
    _after_adopting(monkeypatch, lambda: path.write_bytes(path.read_bytes()[:size]))
    assert _observed(full, 2)[0].verdict == "TAMPERED"


def test_what_a_writer_adds_meanwhile_is_left_for_later(
    full: Any, filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _observed(full, 1, live=True)[1]
    with full.open() as logger:

        def add() -> None:
            filled(logger)

        _after_adopting(monkeypatch, add)
        found, seen = _observed(full, 2, live=True)
    assert found.ok, found.reasons
    # The opened log may have added to its last segment before a worker read it.
    assert [one.seq for one in seen] == list(range(len(seen)))
    assert len(seen) >= len(before)
