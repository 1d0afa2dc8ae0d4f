"""Running `wilkc` inside the test's own process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def wilkc(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call with the arguments of a command."""

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        code = left.value.code
        assert "Traceback" not in printed.err
        return Ran(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run
