"""What a log is told stays with its keys, and a change of it begins a new segment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.audit import AuditSettings
from wilkc.runtime.audit.settings import SETTINGS_FILE, keep_settings, kept_settings
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path

SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0)
EVIDENCE: dict[str, Any] = {
    "mode": "checkpoint",
    "clear_details": ("action",),
    "seal_resources": True,
    "record_input": False,
    "risk_profile": "seed",
    "retention_days": 30,
    "sample_permille": 10,
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_change_of_evidence_begins_a_new_segment(log: Any, filled: Any, name: str) -> None:
    with log.open() as logger:
        filled(logger)
    count = len(log.segments())
    changed = replace(SMALL, **{name: EVIDENCE[name]})
    with log.open(changed) as logger:
        filled(logger)
    assert len(log.segments()) == count + 1
    headers = [
        one["action"]["details"]["settings"]
        for one in log.records()
        if one["action"]["type"] == "system.header"
    ]
    assert headers == [SMALL.digest(), changed.digest()]
    assert log.verify(log.checkpoint).verdict == "OK"


def test_who_is_told_nothing_writes_as_the_log_was_last_told(log: Any, filled: Any) -> None:
    with log.open(replace(SMALL, seal_resources=True)) as logger:
        filled(logger)
    count = len(log.segments())
    with log.open(None) as logger:
        filled(logger)
    assert len(log.segments()) == count
    assert log.records()[-1]["action"]["resource"] == "file"


def test_settings_that_are_damaged_are_not_replaced_by_defaults(log: Any) -> None:
    path = log.places.keys / SETTINGS_FILE
    text = path.read_bytes()
    for damaged in (b"", b"{}", text[:-1], text.replace(b'"event"', b'"none"')):
        path.write_bytes(damaged)
        with pytest.raises(VerificationError, match="damaged"):
            log.open(None)
    path.unlink()
    path.mkdir()
    with pytest.raises(UnavailableError, match="cannot read"):
        log.open(None)


def test_settings_are_written_only_when_they_change(tmp_path: Path) -> None:
    assert kept_settings(tmp_path) == AuditSettings()
    keep_settings(tmp_path, SMALL, Disk())
    before = (tmp_path / SETTINGS_FILE).stat()
    keep_settings(tmp_path, SMALL, Disk())
    assert (tmp_path / SETTINGS_FILE).stat().st_ino == before.st_ino
    keep_settings(tmp_path, replace(SMALL, wait_ms=9), Disk())
    assert kept_settings(tmp_path) == replace(SMALL, wait_ms=9)
