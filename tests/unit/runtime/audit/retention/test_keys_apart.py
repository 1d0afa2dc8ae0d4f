"""Nobody gets a backup of the log and a copy of its keys from one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.retention.conftest import Later, open_at
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.keeping import export_copy
from wilkc.runtime.audit.retention import back_up, backup, prune

if TYPE_CHECKING:
    from pathlib import Path

WORDS = b"four random words here"


def test_keys_are_not_copied_into_a_backup(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    back_up(aged.directory, copy)
    (copy / "deep").mkdir()
    (tmp_path / "link").symlink_to(copy)
    with open_at(aged, Later(12)) as logger:
        for place in (copy / "keys", copy / "deep" / "keys", tmp_path / "link" / "keys"):
            with pytest.raises(UsageError, match="holds segments of a log"):
                export_copy(logger, place, WORDS, days=1)
        export_copy(logger, tmp_path / "keys-copy", WORDS, days=1)
    exported = [one for one in aged.records() if one["action"]["type"] == "key.exported"]
    assert len(exported) == 1


def test_nor_into_one_of_which_only_stubs_are_left(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "seg-00000000000000000000.pruned").touch()
    with open_at(aged, Later(12)) as logger, pytest.raises(UsageError, match="holds segments"):
        export_copy(logger, copy / "keys", WORDS, days=1)


def test_no_backup_is_made_where_a_copy_of_the_keys_is(aged: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    with open_at(aged, Later(12)) as logger:
        export_copy(logger, copy / "notes.txt", WORDS, days=1)
    with pytest.raises(UsageError, match="holds keys"):
        back_up(aged.directory, copy)
    assert [one.name for one in copy.iterdir()] == ["notes.txt"]
    (copy / "notes.txt").write_text("no keys at all", encoding="ascii")
    back_up(aged.directory, copy)


def test_for_a_stub_the_copy_lacks_nothing_is_read(
    aged: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each backup would read the whole log once for each segment that was ever pruned."""
    with open_at(aged, Later(12)) as logger:
        assert len(prune(logger)) == 2

    def asked(*_: object) -> bool:
        raise AssertionError("the log is read for a stub")

    monkeypatch.setattr(backup, "_is_told", asked)
    done = back_up(aged.directory, tmp_path / "copy")
    assert back_up(aged.directory, tmp_path / "copy").size == done.size
