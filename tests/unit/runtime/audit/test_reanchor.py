"""A loss is accepted by the root key alone, where there is one, and shows for ever."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import accept_loss
from wilkc.runtime.keys import SigningKey, parse_signer

if TYPE_CHECKING:
    from pathlib import Path


def _root(log: Any) -> SigningKey:
    return parse_signer(log.places.root_key.read_text().strip())[1]


def _shrunk(log: Any, folder: Path, filled: Any) -> Any:
    """A log that was cut to an older state of itself."""
    with log.open() as logger:
        filled(logger)
    early = log.copy(folder / "early")
    with log.open() as logger:
        filled(logger)
        logger.roll()
        filled(logger)
    shutil.rmtree(log.directory)
    shutil.copytree(early.directory, log.directory)
    return log


def test_a_loss_is_accepted_and_every_verification_shows_it(
    log: Any, filled: Any, tmp_path: Path
) -> None:
    cut = _shrunk(log, tmp_path, filled)
    size = len(cut.records())
    with pytest.raises(VerificationError, match=r"TRUNCATED|audit_key_missing"):
        cut.open()
    lost = (cut.places.keys / "held" / "example.org+test+log").read_text()
    assert accept_loss(cut.directory, cut.keys(), _root(cut)) == size
    with cut.open() as logger:
        filled(logger)
    found = cut.verify(cut.checkpoint)
    assert (found.verdict, found.reanchors) == ("OK", (size,))
    # Whoever kept the lost checkpoint elsewhere still sees the loss.
    assert cut.verify(lost).verdict in {"TRUNCATED", "TAMPERED"}


def test_the_key_of_the_open_segment_may_be_gone(log: Any, filled: Any, tmp_path: Path) -> None:
    """An older key directory was put back, whose segment key is not the open one's."""
    early = log.copy(tmp_path / "early")
    with log.open() as logger:
        filled(logger)
        logger.roll()
        filled(logger)
    shutil.rmtree(log.places.keys)
    shutil.copytree(early.places.keys, log.places.keys)
    with pytest.raises(VerificationError):
        log.open()
    seq = accept_loss(log.directory, log.keys(), _root(log))
    with log.open() as logger:
        filled(logger)
    found = log.verify(log.checkpoint)
    assert (found.verdict, found.reanchors) == ("OK", (seq,))


def test_where_nothing_is_lost_there_is_nothing_to_accept(
    log: Any, filled: Any, tmp_path: Path
) -> None:
    with log.open() as logger:
        filled(logger)
        crashed = log.copy(tmp_path / "crashed")
    for one in (log, crashed):
        files = sorted(path.name for path in one.directory.iterdir())
        with pytest.raises(UsageError, match="nothing is lost"):
            accept_loss(one.directory, one.keys(), _root(log))
        assert sorted(path.name for path in one.directory.iterdir()) == files


def test_another_root_key_accepts_nothing(log: Any, filled: Any, tmp_path: Path) -> None:
    cut = _shrunk(log, tmp_path, filled)
    with pytest.raises(VerificationError, match="KEY_PROBLEM: this root key did not begin"):
        accept_loss(cut.directory, cut.keys(), SigningKey.generate())
    with pytest.raises(VerificationError):
        cut.open()


def test_tampering_cannot_be_accepted(log: Any, filled: Any, tmp_path: Path) -> None:
    cut = _shrunk(log, tmp_path, filled)
    path = cut.segments()[-1]
    text = path.read_bytes()
    path.write_bytes(text.replace(b"./src/a.ts", b"./src/b.ts", 1))
    with pytest.raises(VerificationError, match="TAMPERED"):
        accept_loss(cut.directory, cut.keys(), _root(cut))
    assert len(cut.segments()) == 1


def test_a_writer_at_work_is_not_overtaken(log: Any, filled: Any) -> None:
    with log.open() as logger:
        filled(logger)
        with pytest.raises(UnavailableError, match="another writer holds the log"):
            accept_loss(log.directory, log.keys(), _root(log))
