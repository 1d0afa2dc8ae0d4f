"""Looking after a log: that it takes no records is told, though nobody writes any."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.alerts.conftest import Told
from tests.unit.runtime.alerts.watched import ONE
from tests.unit.runtime.audit.conftest import HASTY, make_log
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.alerts import watching
from wilkc.runtime.audit.keeping import rotate
from wilkc.runtime.guard.recording import SharedLog
from wilkc.runtime.upkeep import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.audit.conftest import Log


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """An empty log."""
    return make_log(tmp_path / "one")


@pytest.fixture
def ops() -> Told:
    """Who is told."""
    return Told()


@pytest.fixture
def watch(log: Log, tmp_path: Path, ops: Told, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Who looks after the log, with somebody to tell."""
    monkeypatch.setattr(watching, "open_channels", lambda *_: {"ops": ops})
    folder = tmp_path / "alerts"
    folder.mkdir(mode=0o700)
    (folder / "alerts.toml").write_text(ONE)
    (folder / "alerts.toml").chmod(0o600)
    places = log.places
    shared = SharedLog(places.directory, places.keys, places.provider)
    watch = Watch(shared, places.directory, places.keys, folder)
    yield watch
    watch.close()


def _facts(watch: Watch, ops: Told) -> list[tuple[str, str]]:
    watch.tell()
    return [
        (one.alert.rule, one.alert.severity)
        for one in ops.got
        if one.alert.ref.startswith(("fact.key_problem", "fact.log"))
    ]


def test_a_log_that_takes_records_is_no_news(log: Log, watch: Watch, ops: Told) -> None:
    size = len(log.records())
    watch.try_log()
    assert watch.trouble is None
    assert _facts(watch, ops) == []
    assert len(log.records()) == size


def test_a_key_ring_that_is_gone_is_told(log: Log, watch: Watch, ops: Told, tmp_path: Path) -> None:
    watch.try_log()
    ring = log.places.keys / "keyring.json"
    ring.rename(tmp_path / "aside")
    with pytest.raises(VerificationError, match="audit_key_missing"):
        watch.try_log()
    assert _facts(watch, ops) == [("A8", "critical")]
    (tmp_path / "aside").rename(ring)
    watch.try_log()
    assert watch.trouble is None
    assert log.verify(log.checkpoint).verdict == "OK"


def test_a_key_ring_that_was_put_back_is_told(
    log: Log, watch: Watch, ops: Told, tmp_path: Path
) -> None:
    ring = log.places.keys / "keyring.json"
    shutil.copy2(ring, tmp_path / "old")
    with log.open() as logger:
        rotate(logger, force=True)
    watch.try_log()
    shutil.copy2(tmp_path / "old", ring)
    # As long as it lies there, however often it is read.
    for _ in range(3):
        with pytest.raises(VerificationError):
            watch.try_log()
        assert watch.trouble == "fact.key_problem"
    assert _facts(watch, ops) == [("A8", "critical")]


def test_a_log_that_cannot_be_written_is_told(
    log: Log, watch: Watch, ops: Told, tmp_path: Path
) -> None:
    lock = log.directory / "writer.lock"
    lock.unlink(missing_ok=True)
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnavailableError, match="cannot be written"):
        watch.try_log()
    assert _facts(watch, ops) == [("A4", "critical")]
    lock.unlink()
    watch.try_log()
    assert watch.trouble is None


def test_a_log_that_somebody_else_holds_takes_records(log: Log, watch: Watch, ops: Told) -> None:
    with log.open(HASTY):
        watch.try_log()
    assert watch.trouble is None
    assert _facts(watch, ops) == []


def test_the_keys_are_looked_at_though_somebody_else_holds_the_log(log: Log, watch: Watch) -> None:
    watch.try_log()
    with log.open():
        (log.places.keys / "keyring.json").unlink()
        with pytest.raises(VerificationError, match="audit_key_missing"):
            watch.try_log()
    assert watch.trouble == "fact.key_problem"
