"""Where the decision point is, as the command line says it. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wilkc.core.errors import UsageError

DEFAULT_NAME: Final = "opa.sock"


def socket_place(socket: str | None, run_dir: str | None) -> Path:
    """The socket that `--socket` names, or the one in the folder that `--run-dir` names.

    Raises:
        UsageError: both are named, or none.
    """
    if (socket is None) == (run_dir is None):
        raise UsageError(
            "name one of `--socket` and `--run-dir`",
            help_text="for example: --socket ~/.wilk/run/opa.sock",
        )
    return Path(socket) if socket is not None else Path(run_dir or "", DEFAULT_NAME)
