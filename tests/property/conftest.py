"""One seed for everything that is generated, a count of what is compared, a place for bash."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.bash_oracle import BASH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn


@pytest.fixture
def seed() -> int:
    """From WILK_SEED, or anew for every run; it is printed."""
    held = int(os.environ.get("WILK_SEED", "") or random.SystemRandom().randrange(2**32))
    print(f"WILK_SEED={held}")
    return held


@pytest.fixture
def effort() -> int:
    """How many times as much as usual is tried: WILK_FUZZ, 10 in `make fuzz`."""
    return int(os.environ.get("WILK_FUZZ", "") or 1)


_COMPARED = pytest.StashKey[int]()


@pytest.fixture
def compared(pytestconfig: pytest.Config) -> Callable[[int], None]:
    """Call with the number of answers that were compared; their sum ends the run."""

    def add(count: int) -> None:
        pytestconfig.stash[_COMPARED] = pytestconfig.stash.get(_COMPARED, 0) + count

    return add


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how much was compared."""
    count = config.stash.get(_COMPARED, 0)
    if count:
        terminalreporter.write_line(f"{count:,} comparisons of generated cases")


@pytest.fixture
def bash_folder(tmp_path: Path, require: Callable[[str, str], NoReturn]) -> Path:
    """A folder in which bash may run."""
    if BASH is None:
        require("bash", "it is not on PATH")
    return tmp_path
