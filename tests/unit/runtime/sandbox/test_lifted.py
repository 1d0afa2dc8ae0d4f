"""A mask that a process of the host lifts while the command runs ends the command."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.sandbox import lifted
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.view import Mask, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = {"read": ("./src/**",), "write": ("./out/**",), "block": (".env*",)}
WAITING = "touch out/on; i=0; while [ $i -lt 200 ]; do sleep 0.2; cat {0}; i=$((i+1)); done"


@pytest.fixture
def filled(work: Any) -> Any:
    work.write("src/.env", "SECRET-CANARY")
    work.write("src/deep/.env", "SECRET-CANARY")
    work.write("src/keys/.env.d/a", "SECRET-CANARY")
    work.write("out/.git/config", "before")
    work.write("out/free/a", "free")
    return work


def _save(path: Path) -> None:
    """As an editor does."""
    path.with_name("new").write_text("SECRET-CANARY")
    path.with_name("new").rename(path)


def _aside(path: Path) -> None:
    """As an editor does that keeps what was there: the mask goes with the file."""
    path.rename(path.with_name("other"))
    path.write_text("SECRET-CANARY")


def _above(path: Path) -> None:
    path.parent.rename(path.parent.with_name("away"))
    shutil.copytree(path.parent.with_name("away"), path.parent)


def _removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("how", [_save, _aside, _above, _removed])
@pytest.mark.parametrize("name", ["src/.env", "src/deep/.env", "out/.git/config"])
def test_it_ends_the_command(
    filled: Any, spec: Any, name: str, how: Callable[[Path], None]
) -> None:
    if how is _above and name == "src/.env":
        name = "src/deep/.env"  # `src` itself is what is mounted, and stays so
    process = filled.start(spec(**RULES), "/bin/sh", "-c", WAITING.format(name))
    _wait_for(filled.path / "out/on", process)
    how(filled.path / name)
    out, _ = process.communicate(timeout=30)
    ended = json.loads(out)
    assert (ended["kind"], ended["status"]) == ("policy_violation", 124), ended
    assert ended["detail"] == "mask_lifted"
    assert str(filled.path) in ended["message"]
    if how is not _above:  # what is moved with its folder is found by nobody
        assert ended["launch"]["cleanup"]["count"] == 0


def test_it_is_told_also_where_the_command_ends_at_once(filled: Any, spec: Any) -> None:
    script = "touch out/on; until test -e out/off; do sleep 0.01; done"
    process = filled.start(spec(**RULES), "/bin/sh", "-c", script)
    _wait_for(filled.path / "out/on", process)
    (filled.path / "out/off").touch()
    _save(filled.path / "src/.env")
    out, _ = process.communicate(timeout=30)
    assert json.loads(out)["kind"] in {"policy_violation", "exited"}


def test_what_else_happens_in_these_folders_ends_nothing(filled: Any, spec: Any) -> None:
    script = (
        "touch out/on; i=0; while [ $i -lt 300 ]; do : > out/f$i; : > out/.git/f; rm out/.git/f;"
        " i=$((i+1)); done; until test -e out/off; do sleep 0.02; done"
    )
    process = filled.start(spec(**RULES), "/bin/sh", "-c", script)
    _wait_for(filled.path / "out/on", process)
    _save(filled.path / "src/.environment")
    _save(filled.path / "out/.git/index")
    (filled.path / "src/free").mkdir()
    (filled.path / "src/free").rename(filled.path / "src/freed")
    (filled.path / "src/.env").write_text("written in place, so the mask stays")
    (filled.path / "out/off").touch()
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["kind"] == "exited", out


@pytest.fixture
def seen(tmp_path: Path) -> View:
    (tmp_path / "top").mkdir()
    masks = (Mask("/dev", "freeze"),)
    return View((), "/home", "/", 1, 1, (), masks=masks)


def test_without_room_for_watching_names_it_is_looked_at_all_the_time(
    seen: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        @staticmethod
        def inotify_init1(_: int) -> int:
            return -1

    told = lifted.Masks(os.getpid(), seen)
    assert (len(told.looks()), told.seconds) == (2, None)
    told.close()
    monkeypatch.setattr(lifted, "_libc", Full)
    untold = lifted.Masks(os.getpid(), seen)
    assert (len(untold.looks()), untold.seconds) == (1, lifted.UNTOLD_SECONDS)
    assert untold.lost() == ""
    untold.close()


def test_one_that_is_gone_before_the_command_runs_is_a_refusal() -> None:
    view = View((), "/home", "/", 1, 1, (), masks=(Mask("/nowhere/mounted", "freeze"),))
    with pytest.raises(SandboxRefusedError, match="is gone"):
        lifted.Masks(os.getpid(), view)


def test_a_view_without_masks_is_not_watched() -> None:
    masks = lifted.Masks(os.getpid(), View((), "/home", "/", 1, 1, ()))
    assert (masks.looks(), masks.seconds, masks.lost()) == ((), None, "")
    masks.close()


def _wait_for(path: Path, process: Any) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
