"""An identity that was cut off in the making is made whole; one that is there stays as it is."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.identity import Identity, create_identity

if TYPE_CHECKING:
    from pathlib import Path

LINKS = 3
"""The table, the key of the hashes, the database: each takes its name by a link."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "who"


def _works(folder: Path) -> None:
    identity = Identity(folder)
    _, text = identity.api_keys.create("a", ["file:read"])
    assert identity.authenticate(text, channel="test", source="here").id == "a"
    identity.revocations.revoke("agent", "a")
    identity.close()


def _killed(folder: Path, number: int, *, before: bool) -> None:
    """Make one in a child that dies at its so many-th link."""
    link, count = os.link, 0

    def linking(*given: Any) -> None:
        nonlocal count
        count += 1
        if before and count == number:
            os._exit(9)
        link(*given)
        if count == number:
            os._exit(9)

    child = os.fork()
    if child == 0:
        setattr(os, "link", linking)  # noqa: B010  # it dies with the child
        try:
            create_identity(folder)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", range(1, LINKS + 1))
def test_one_that_was_killed_in_the_making_is_made_whole(
    place: Path, number: int, *, before: bool
) -> None:
    _killed(place, number, before=before)
    if number < LINKS or before:
        create_identity(place)
    with pytest.raises(UsageError, match="already"):
        create_identity(place)
    _works(place)
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


@pytest.mark.parametrize("number", range(1, LINKS + 1))
def test_of_two_at_once_the_later_one_changes_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    link, count, texts = os.link, 0, []

    def linking(*given: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            monkeypatch.setattr("os.link", link)
            create_identity(place)
            other = Identity(place)
            texts.append(other.api_keys.create("a", ["file:read"])[1])
            other.revocations.revoke("agent", "b")
            other.close()
        link(*given)

    monkeypatch.setattr("os.link", linking)
    with pytest.raises(UsageError, match="already"):
        create_identity(place)
    identity = Identity(place)
    assert identity.authenticate(texts[0], channel="test", source="here").id == "a"
    assert identity.revocations.is_revoked("agent", "b", identity.clock.now())
    identity.close()
    assert not [path.name for path in place.iterdir() if path.name.startswith(".wilk-")]


def test_a_folder_that_is_open_to_others_is_not_taken(place: Path) -> None:
    place.mkdir(mode=0o755)
    with pytest.raises(UnavailableError, match="closed to everybody else"):
        create_identity(place)
    assert list(place.iterdir()) == []
