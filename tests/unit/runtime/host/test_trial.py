"""The place that launches are tried in: nothing stays of it, whenever a signal ends the process."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.host.trial import trial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own directory for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _ends_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """The first call does what it should, and a signal comes before its caller goes on."""
    real, calls = getattr(owner, name), []

    def called(*words: Any, **options: Any) -> Any:
        result = real(*words, **options)
        calls.append(result)
        if len(calls) == 1:
            raise SystemExit(143)
        return result

    monkeypatch.setattr(owner, name, called)


def test_files_are_there_for_a_moment(temporary: Path) -> None:
    with trial() as place:
        assert (place.path / "src").is_dir()
        assert place.path.parent == temporary.resolve()
    assert list(temporary.iterdir()) == []


def test_a_signal_right_after_it_was_made_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ends_after(monkeypatch, type(temporary), "mkdir")
    with pytest.raises(SystemExit), trial():
        pass
    monkeypatch.undo()
    assert list(temporary.iterdir()) == []


def test_a_signal_while_it_is_removed_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(path: Path) -> None:
        (path / "src").rename(path / "half")
        monkeypatch.undo()
        raise SystemExit(143)

    monkeypatch.setattr(shutil, "rmtree", ended)
    with pytest.raises(SystemExit), trial():
        pass
    assert list(temporary.iterdir()) == []
