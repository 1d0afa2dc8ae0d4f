"""The state file: raised before, durable, and believed only where nobody else could write it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import Mark, VerifiedBundle
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.opa.state import StateFile, state_path

if TYPE_CHECKING:
    from pathlib import Path


def _bundle(sequence: int, revision: str = "") -> VerifiedBundle:
    return VerifiedBundle(b"", revision or f"r{sequence}", "k", "prod", (), {}, sequence)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_first_start_has_no_mark(path: Path) -> None:
    assert StateFile(path).mark() is None
    assert state_path(path / "opa.sock") == path / "opa.sock.state"


def test_the_mark_survives_and_is_private(path: Path) -> None:
    StateFile(path).enter(_bundle(3))
    assert StateFile(path).mark() == Mark("prod", 3, "r3")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_older_bundles_are_refused_and_the_mark_stays(path: Path) -> None:
    StateFile(path).enter(_bundle(3))
    for older in (2, 0):
        with pytest.raises(VerificationError, match="is older"):
            StateFile(path).enter(_bundle(older))
    assert StateFile(path).mark() == Mark("prod", 3, "r3")


def test_what_opa_refused_leaves_the_mark_before_it(path: Path) -> None:
    state = StateFile(path)
    state.enter(_bundle(3))
    state.enter(_bundle(4))
    assert StateFile(path).mark() == Mark("prod", 4, "r4")
    state.withdraw("OPA refuses it")
    assert StateFile(path).mark() == Mark("prod", 3, "r3")


def test_what_may_have_answered_leaves_its_own_mark(path: Path) -> None:
    state = StateFile(path)
    state.enter(_bundle(3))
    state.enter(_bundle(4))
    state.withdraw("OPA was too slow", unsure=True)
    assert StateFile(path).mark() == Mark("prod", 4, "r4")
    with pytest.raises(VerificationError, match="is older"):
        state.enter(_bundle(3))
    # It is tried again, and this time it cannot be put on record.
    state.enter(_bundle(4))
    state.withdraw("no room")
    assert StateFile(path).mark() == Mark("prod", 4, "r4")


def test_a_refused_first_bundle_leaves_nothing(path: Path) -> None:
    state = StateFile(path)
    state.enter(_bundle(3))
    state.withdraw("OPA refuses it")
    assert not path.exists()


def test_the_same_bundle_again_writes_nothing(path: Path) -> None:
    StateFile(path).enter(_bundle(3))
    before = path.stat().st_ino
    StateFile(path).enter(_bundle(3))
    assert path.stat().st_ino == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\0" * 100,
        b'{"revision":"r3","scope":"prod","sequence":3}',
        b'{"revision":"r3","scope":"prod","sequence":3,"version":2}',
        b'{"revision":"r3","scope":"prod","sequence":-1,"version":1}',
        b'{"revision":"r3","scope":"prod","sequence":true,"version":1}',
        b'{"revision":"r3","scope":"prod","sequence":"3","version":1}',
        b'{"revision":"r3","scope":"prod","sequence":3.0,"version":1}',
        b'{"revision":3,"scope":"prod","sequence":3,"version":1}',
        b'{"revision":"r","scope":"prod","sequence":3,"sequence":0,"version":1}',
        b'{"revision":"r","scope":"prod","sequence":3,"version":1,"x":1}',
        b'{"revision":"r3","scope":"prod","sequence":3,"version":1}' + b" " * 4096,
    ],
)
def test_a_damaged_state_is_no_first_start(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VerificationError, match="is damaged"):
        StateFile(path).enter(_bundle(9))
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_state_that_others_may_write_is_not_believed(path: Path, mode: int) -> None:
    StateFile(path).enter(_bundle(3))
    path.chmod(mode)
    with pytest.raises(VerificationError, match="others may write"):
        StateFile(path).mark()


def test_links_pipes_and_folders_are_no_state(path: Path) -> None:
    target = path.with_name("other")
    StateFile(target).enter(_bundle(3))
    path.symlink_to(target)
    with pytest.raises(UnavailableError, match="cannot read the state"):
        StateFile(path).mark()
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(VerificationError, match="is not a file"):
        StateFile(path).mark()
    path.unlink()
    path.mkdir()
    with pytest.raises(UnavailableError, match="cannot read the state"):
        StateFile(path).mark()


def test_where_it_cannot_be_written_nothing_is_put_in_force(path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot write the state"):
        StateFile(path / "none").enter(_bundle(3))


def test_a_full_disk_keeps_the_mark(path: Path) -> None:
    """A limit of size makes writing fail in the middle, as a full disk does."""
    StateFile(path).enter(_bundle(3))
    child = os.fork()
    if child == 0:
        os._exit(_enter_without_room(path))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert StateFile(path).mark() == Mark("prod", 3, "r3")
    assert list(path.parent.iterdir()) == [path]


def _enter_without_room(path: Path) -> int:
    import resource  # noqa: PLC0415
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
    try:
        StateFile(path).enter(_bundle(4))
    except UnavailableError:
        return 0
    return 1
