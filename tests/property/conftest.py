"""One seed for everything that is generated, a count of what is compared, a place for bash."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.conftest import COMPARED
from tests.property.bash_oracle import BASH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

FIXED_SEED = 20261124
EFFORT = int(os.environ.get("WILK_FUZZ", "") or 1)
"""How many times as much as usual is tried: WILK_FUZZ, 10 in `make fuzz`."""


@pytest.fixture
def seed() -> int:
    """What everything generated starts from: WILK_SEED, a number or `new` for one that is drawn.

    Without it a run asks what the last one asked, so that whatever fails was changed.
    """
    given = os.environ.get("WILK_SEED", "")
    held = random.SystemRandom().randrange(2**32) if given == "new" else int(given or FIXED_SEED)
    print(f"WILK_SEED={held}")
    return held


@pytest.fixture
def effort() -> int:
    """See `EFFORT`, which those read that make one test of each thing to try."""
    return EFFORT


@pytest.fixture
def compared(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Call with the number of answers that were compared; their sum ends the run."""

    def add(count: int) -> None:
        # A property of the test: it is reported to the process that sums up, see tests/conftest.
        request.node.user_properties.append((COMPARED, count))

    return add


@pytest.fixture
def bash_folder(tmp_path: Path, require: Callable[[str, str], NoReturn]) -> Path:
    """A folder in which bash may run."""
    if BASH is None:
        require("bash", "it is not on PATH")
    return tmp_path
