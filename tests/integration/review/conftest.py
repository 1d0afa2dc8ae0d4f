"""A browser for pages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.chromium import Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[[str, str], NoReturn]
) -> Iterator[Browser]:
    """A headless Chromium: `WILK_CHROMIUM`, or the one of the system."""
    found = os.environ.get("WILK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        require("chromium", "it is not installed: apt-get install chromium")
    with Browser(Path(found), tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
