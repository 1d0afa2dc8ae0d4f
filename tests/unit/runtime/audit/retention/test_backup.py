"""A backup holds what never changes, never a key, and is proved to bring everything back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import DENY, REQUEST, fill
from tests.unit.runtime.audit.retention.conftest import BIG, Later, made, open_at
from wilkc.core.encoding import to_base64
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.subset import encode_subset
from wilkc.runtime.audit import Actor, Event, Options, verify
from wilkc.runtime.audit.line import EventLine, parse_line
from wilkc.runtime.audit.retention import back_up, check_restore, prune, record_restore_check
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_backup_verifies_and_holds_no_key(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    done = back_up(aged.directory, copy)
    sealed = aged.segments()[:-1]
    blobs = {path.name for path in (aged.directory / "blobs").rglob("*") if path.is_file()}
    assert _names(copy) == {path.name for path in sealed} | blobs | {"checkpoint"}
    assert done.copied == len(sealed) + len(blobs)
    given = {"its own": (copy / "checkpoint").read_text()}
    assert verify(copy, aged.root, given, live=True).verdict == "INCOMPLETE"
    found = verify(copy, aged.root, given, options=Options(sealed_only=True))
    assert (found.verdict, found.size) == ("OK", done.size)
    again = back_up(aged.directory, copy)
    assert (again.copied, again.removed) == (0, 0)


def test_it_grows_with_the_log_and_is_pruned_with_it(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    with open_at(aged, Later(12)) as logger:
        logger.intent(BIG, DENY)
        logger.roll()
        assert len(prune(logger)) == 2
    done = back_up(aged.directory, copy)
    assert done.removed == 4
    assert len(list(copy.glob("*.pruned"))) == 2
    assert len(list(copy.glob("*.jsonl"))) == 3
    assert sum(path.is_file() for path in (copy / "blobs").rglob("*")) == 1


@pytest.mark.parametrize("place", ["log", "copy"])
def test_what_never_changes_and_did_is_not_overwritten(
    aged: Any, tmp_path: Path, place: str
) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    name = aged.segments()[0].name
    path = (aged.directory if place == "log" else copy) / name
    text = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(text.replace(b'"file:./src/a.ts"', b'"file:./src/b.ts"', 1))
    kept = {one: (one / name).read_bytes() for one in (aged.directory, copy)}
    with pytest.raises(VerificationError):
        back_up(aged.directory, copy)
    assert {one: (one / name).read_bytes() for one in (aged.directory, copy)} == kept


def test_places_that_can_hold_no_backup(aged: Any, log: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing of the log is sealed"):
        back_up(log.directory, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    for inside in (aged.directory / "copy", aged.directory.parent):
        with pytest.raises(UsageError, match="must lie apart"):
            back_up(aged.directory, inside)
    with pytest.raises(UsageError, match="holds keys"):
        back_up(aged.directory, aged.places.keys)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnavailableError, match="the backup stopped"):
        back_up(aged.directory, tmp_path / "file")


class Dying(Disk):
    """Dies after so many files."""

    def __init__(self, left: int) -> None:
        self.left = left

    def replace(self, source: Path, target: Path) -> None:
        if self.left == 0:
            raise OSError(28, "no space left")
        self.left -= 1
        super().replace(source, target)


def test_a_backup_that_was_interrupted_goes_on(aged: Any, tmp_path: Path) -> None:
    files = back_up(aged.directory, tmp_path / "whole").copied + 1
    for left in range(files):
        copy = tmp_path / f"after {left}"
        with pytest.raises(UnavailableError):
            back_up(aged.directory, copy, Dying(left))
        back_up(aged.directory, copy)
        assert _names(copy) == _names(tmp_path / "whole")
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    ("restored", "told", "status"), [(True, "restored", "success"), (False, "own", "warning")]
)
def test_a_check_opens_content_of_each_key_and_is_recorded(
    aged: Any, tmp_path: Path, restored: bool, told: str, status: str
) -> None:
    """With the host's own keys it is no trial: they are not there when the host is lost."""
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    checked = check_restore(copy, aged.root, aged.keys(), aged.directory)
    assert checked.ok
    assert len(checked.opened) == 2
    with open_at(aged, Later(12)) as logger:
        record_restore_check(logger, checked, restored=restored)
    details = aged.records()[-1]["action"]["details"]
    assert details == {
        "erased": 0, "keys": told, "kind": "restore", "lost": 0, "opened": 2,
        "root": checked.found.root, "size": checked.found.size, "verdict": "OK_UNANCHORED",
    }  # fmt: skip
    assert aged.records()[-1]["action"]["type"] == "verify.done"
    assert aged.records()[-1]["result"]["status"] == status


def test_a_backup_whose_keys_are_gone_is_told_as_lost(aged: Any, log: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    with log.open() as logger:
        fill(logger)
    checked = check_restore(copy, aged.root, log.keys(), aged.directory)
    assert checked.found.ok
    assert not checked.ok
    assert len(checked.lost) == 2
    with open_at(aged, Later(12)) as logger:
        record_restore_check(logger, checked, restored=True)
        logger.intent(REQUEST, DENY)
    record = next(one for one in aged.records() if one["action"]["type"] == "verify.done")
    assert record["result"]["status"] == "failure"


def test_a_damaged_backup_is_found(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    for path in sorted(one for one in copy.rglob("*") if one.is_file()):
        text = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(bytes([text[0] ^ 1]) + text[1:])
        assert not check_restore(copy, aged.root, aged.keys(), aged.directory).ok
        path.write_bytes(text)
    assert check_restore(copy, aged.root, aged.keys(), aged.directory).ok


@pytest.mark.parametrize("suffix", [".jsonl", ".leaves", ".pruned"])
def test_a_link_in_the_log_is_not_followed_to_the_keys(
    aged: Any, tmp_path: Path, suffix: str
) -> None:
    with open_at(aged, Later(12)) as logger:
        prune(logger)
    path = min(aged.directory.glob(f"seg-*{suffix}"))
    secret = tmp_path / "secret"
    secret.write_bytes(path.read_bytes())
    back_up(aged.directory, tmp_path / "good")
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(VerificationError, match="not a plain file"):
        back_up(aged.directory, tmp_path / "copy")
    assert not (tmp_path / "copy" / path.name).exists()


def test_a_blob_that_is_another_is_not_copied(aged: Any, tmp_path: Path) -> None:
    blob = next(path for path in (aged.directory / "blobs").rglob("*") if path.is_file())
    content = blob.read_bytes()
    blob.unlink()
    blob.write_bytes(content[:-1])
    with pytest.raises(VerificationError, match="was changed"):
        back_up(aged.directory, tmp_path / "copy")
    assert blob.name not in _names(tmp_path / "copy")


def _passed_off_as_pruned(log: Any) -> None:
    """Take the first segment away, and say by a forged record that it was pruned."""
    one = read_segment(log.segments()[0])
    one.path.with_suffix(".leaves").write_bytes(one.leaves)
    lines = (one.header, one.seal_line, one.checkpoint)
    one.path.with_suffix(".pruned").write_bytes(b"".join(line + b"\n" for line in lines))
    one.path.unlink()
    path = log.segments()[0]
    stored = path.read_bytes().split(b"\n")
    at, event = next(
        (n, parsed.event)
        for n, parsed in enumerate(map(parse_line, stored[:-1]))
        if isinstance(parsed, EventLine) and parsed.event["phase"] == "intent"
    )
    root = to_base64(one.walk.tree.root())
    details = {"first": 0, "last": one.walk.seq - 1, "root": root}
    event["action"] |= {"type": "system.pruned", "details": details}
    forged = event | {"phase": "system", "decision": None, "class": "security", "sealed": {}}
    sig = stored[at].rpartition(b',"sig":')[2]
    stored[at] = b'{"event":' + encode_subset(forged) + b',"sig":' + sig
    path.chmod(0o600)
    path.write_bytes(b"\n".join(stored))


@pytest.mark.parametrize("known", [True, False])
def test_a_forged_pruning_takes_nothing_from_the_backup(
    aged: Any, tmp_path: Path, *, known: bool
) -> None:
    """The copy is kept against whoever can write the log's directory."""
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    if not known:  # the segment with the forged record is new to the backup
        for path in sorted(copy.glob("seg-*"))[1:]:
            path.unlink()
    before = _names(copy)
    _passed_off_as_pruned(aged)
    with pytest.raises(VerificationError):
        back_up(aged.directory, copy)
    assert before <= _names(copy)


def test_a_log_put_in_the_place_of_another_takes_nothing_from_its_backup(
    aged: Any, tmp_path: Path
) -> None:
    """A whole log by other keys verifies by itself, its prunings as well."""
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    before = _names(copy)
    other = made(tmp_path / "other")
    for day in (0, 3, 12):
        with open_at(other, Later(day)) as logger:
            fill(logger, 3)
            logger.roll()
    with open_at(other, Later(12)) as logger:
        assert prune(logger)
    for path in copy.glob("seg-*.jsonl"):
        if not (other.directory / path.name).exists() and path.name != f"seg-{0:020}.jsonl":
            path.unlink()
    before = _names(copy)
    with pytest.raises(VerificationError):
        back_up(other.directory, copy)
    assert f"seg-{0:020}.jsonl" in _names(copy)
    assert before <= _names(copy)


def test_a_destroyed_key_excuses_nothing_unless_the_log_verifies(
    aged: Any, log: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    kids = sorted({key.kid for key in aged.keys().data.keys})
    details = {"kids": kids, "state": "expired"}
    with open_at(aged, Later(12)) as logger:
        logger.system(
            Event("key.destroyed", "log:x", Actor("system", "wilk"), details=details, clear=True)
        )
    with log.open() as logger:
        fill(logger)
    told = check_restore(copy, aged.root, log.keys(), aged.directory)
    assert (len(told.erased), told.lost) == (2, ())
    path = aged.segments()[-1]
    path.write_bytes(path.read_bytes().replace(b'"expired"', b'"expiree"'))
    told = check_restore(copy, aged.root, log.keys(), aged.directory)
    assert (told.erased, len(told.lost)) == ((), 2)
