"""When the newest checkpoint is published, by which a log that is cut is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, ORIGIN, REQUEST
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit import writer
from wilkc.runtime.audit.held import read_held

if TYPE_CHECKING:
    from tests.unit.runtime.audit.conftest import Log


def _held(log: Log) -> int:
    found = read_held(log.places.keys, ORIGIN)
    assert found is not None
    return found.size


def test_each_record_of_a_shared_log_is_published_when_it_returns(log: Log) -> None:
    with log.open(shared=True) as logger:
        for _ in range(3):
            intent = logger.intent(REQUEST, ALLOW)
            assert _held(log) == intent.seq + 1
            outcome = intent.outcome("success")
            assert _held(log) == outcome.seq + 1


def test_what_is_published_is_not_published_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sync for the record, one for the checkpoint beside it and one for that of the keys."""
    monkeypatch.setattr(writer, "_PUBLISH_SECONDS", 0.0)
    with log.open(shared=True) as logger:
        logger.intent(REQUEST, ALLOW)
        log.disk.calls.clear()
        logger.intent(REQUEST, ALLOW)
        assert log.disk.calls.count("datasync") == 1
        assert log.disk.calls.count("sync") == 2


def test_a_log_that_is_cut_is_refused(log: Log) -> None:
    with log.open(shared=True) as logger:
        logger.intent(REQUEST, ALLOW)
        segment = max(log.directory.glob("seg-*.jsonl"))
        kept = segment.read_bytes()
        logger.intent(REQUEST, ALLOW).outcome("success")
    segment.write_bytes(kept)
    (log.directory / "state").unlink()
    with log.open(shared=True) as logger, pytest.raises(VerificationError, match="TRUNCATED"):
        logger.intent(REQUEST, ALLOW)
