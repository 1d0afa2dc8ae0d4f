"""What the terminal can show, and what is at work meanwhile. Layer: cli."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

QUIET_SECONDS: Final = 1.0
"""Work of this length is done before anybody wonders."""
_DRAWN_SECONDS: Final = 0.2
_CELLS: Final = 24
_CLEAR: Final = "\r\x1b[K"


def wants_colour() -> bool:
    """Whether standard output is a terminal and `NO_COLOR` is not set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Progress:
    """A line on standard error that tells what is at work, on a terminal after a second.

    A thread draws it, so that it also moves where no step comes. When the work ends nothing is
    left of it: what is printed afterwards stands where it would have stood.

    Args:
        what: the work, one or two words.
        total: how many steps there will be, or None where that is not known.
        quiet: whether nothing shall be shown anyway.
    """

    def __init__(self, what: str, total: int | None = None, *, quiet: bool = False) -> None:
        self.total = total
        self._what = what
        self._done = 0
        self._began = time.monotonic()
        self._over = threading.Event()
        seen = not quiet and sys.stderr is not None and sys.stderr.isatty()
        shown = seen and os.environ.get("TERM") != "dumb"
        self._thread = threading.Thread(target=self._draw, daemon=True) if shown else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def step(self, count: int = 1) -> None:
        """Some steps more are done."""
        self._done += count

    def line(self, seconds: int) -> str:
        """What is shown after some seconds."""
        if not self.total:
            counted = f"  {self._done:,}" if self._done else ""
            return f"{self._what}{counted}  {seconds} s"
        part = min(self._done / self.total, 1.0)
        bar = ("#" * int(part * _CELLS)).ljust(_CELLS, ".")
        return f"{self._what}  [{bar}] {part:4.0%}  {self._done:,} of {self.total:,}  {seconds} s"

    def _draw(self) -> None:
        wait, drawn = QUIET_SECONDS, False
        while not self._over.wait(wait):
            line = self.line(int(time.monotonic() - self._began))
            sys.stderr.write(f"{_CLEAR}{line}")
            sys.stderr.flush()
            wait, drawn = _DRAWN_SECONDS, True
        if drawn:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
