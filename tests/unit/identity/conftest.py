"""An identity in a folder, with a clock that the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.identity import Clock, Failure, Identity, create_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class StillClock(Clock):
    """Moves when it is told to."""

    def __init__(self, start: int = 1_800_000_000) -> None:
        super().__init__()
        self.saw(start)

    def now(self) -> int:
        return self._latest

    def passes(self, seconds: int) -> None:
        self.saw(self._latest + seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "identity"
    create_identity(path)
    return path


@pytest.fixture
def told() -> list[Failure]:
    return []


@pytest.fixture
def opened(
    folder: Path, clock: StillClock, told: list[Failure]
) -> Iterator[Callable[[], Identity]]:
    """Opens the folder, as each process does for itself."""
    made: list[Identity] = []

    def open_it() -> Identity:
        made.append(Identity(folder, clock=clock, tell=told.append))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


@pytest.fixture
def identity(opened: Callable[[], Identity]) -> Identity:
    return opened()
