"""Who asks looks whose process listens: a path alone could be anybody's."""

from __future__ import annotations

import asyncio
import os
import stat
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.unit.opa.conftest import FakePoint, Known
from wilkc.core.contract import Request
from wilkc.opa import Announced, Transport
from wilkc.opa import peer as module
from wilkc.opa.announcement import announce
from wilkc.opa.async_transport import AsyncTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wilkc.core.contract import Decision

ASKED = Request("a", "read", "file", "./x")
NOBODY = 65_534
ANOTHER = 4711
OWN_FOLDER = (stat.S_IFDIR | 0o700, NOBODY)
ROOTS_FOLDER = (stat.S_IFDIR | 0o755, 0)
OPEN_FOLDER = (stat.S_IFDIR | 0o1777, 0)


@pytest.fixture
def foreign(short_folder: Path) -> Iterator[FakePoint]:
    """A decision point of another user, or of this one, who is about to become another."""
    short_folder.chmod(0o777)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        fake = FakePoint(short_folder / "opa.sock")
    finally:
        if root:
            os.seteuid(0)
    yield fake
    fake.close()


def _blocking(path: Path) -> Decision:
    return Transport(path, Known(), seconds=2).decide(ASKED)


def _in_a_loop(path: Path) -> Decision:
    return asyncio.run(AsyncTransport(path, Known(), seconds=2).decide(ASKED))


@pytest.mark.parametrize("ask", [_blocking, _in_a_loop])
def test_a_stranger_who_allows_everything_is_not_asked(
    foreign: FakePoint, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Path], Decision]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
    found = ask(foreign.path)
    assert (found.allow, found.detail) == (False, "no_decision_point")
    assert "another user listens there" in found.message
    assert foreign.requests == []


@pytest.mark.parametrize("ask", [_blocking, _in_a_loop])
def test_ones_own_is_asked(point: FakePoint, ask: Callable[[Path], Decision]) -> None:
    assert ask(point.path).allow


def test_root_asks_no_stranger_in_a_folder_that_anybody_could_make(
    foreign: FakePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        assert not _blocking(foreign.path).allow
    else:
        # Root's place in the rule is taken by a number that nobody has.
        monkeypatch.setattr(module, "_ROOT", ANOTHER)
        monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
        assert not _blocking(foreign.path).allow
    assert foreign.requests == []


@pytest.mark.parametrize(
    ("folders", "placed"),
    [
        ([OWN_FOLDER, ROOTS_FOLDER, ROOTS_FOLDER], True),
        ([OWN_FOLDER, OPEN_FOLDER, ROOTS_FOLDER], False),
        ([(stat.S_IFDIR | 0o700, ANOTHER), ROOTS_FOLDER, ROOTS_FOLDER], False),
        ([(stat.S_IFDIR | 0o770, NOBODY), ROOTS_FOLDER, ROOTS_FOLDER], False),
        ([OWN_FOLDER, (stat.S_IFDIR | 0o755, ANOTHER), ROOTS_FOLDER], False),
    ],
)
def test_root_asks_another_users_service_where_only_they_could_put_it(
    monkeypatch: pytest.MonkeyPatch, folders: list[tuple[int, int]], *, placed: bool
) -> None:
    found = dict(zip(["/run/wilk-x", "/run", "/"], folders, strict=True))
    connected = SimpleNamespace(getsockopt=lambda *_: module._CREDENTIALS.pack(1, NOBODY, NOBODY))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    monkeypatch.setattr(
        os,
        "lstat",
        lambda path: SimpleNamespace(st_mode=found[str(path)][0], st_uid=found[str(path)][1]),
    )
    if placed:
        module.require_own_peer(connected, "/run/wilk-x/opa.sock")  # type: ignore[arg-type]  # all of it that is used
        return
    with pytest.raises(PermissionError):
        module.require_own_peer(connected, "/run/wilk-x/opa.sock")  # type: ignore[arg-type]  # the same


def test_what_others_wrote_announces_nothing(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = short_folder / "opa.sock"
    announce(socket, ["r1"])
    assert Announced(socket).knows("r1")
    file = short_folder / "opa.sock.revisions"
    file.chmod(0o620)
    assert not Announced(socket).knows("r1")
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, NOBODY, NOBODY)
    monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
    assert not Announced(socket).knows("r1")
