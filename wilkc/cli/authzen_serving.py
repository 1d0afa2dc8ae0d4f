"""AuthZEN beside something else that the command does. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.log_lines import log_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.runtime.guard.unrevoked import Point


@contextmanager
def authzen_beside(point: Point, socket: str | None, log: Callable[[str], None]) -> Iterator[None]:
    """Serve AuthZEN with the language's own words until the context ends.

    Args:
        point: who decides.
        socket: where; None for not at all.
        log: told, in one line, of faults.

    Raises:
        UsageError: there can be no socket.
        UnavailableError: the extra is not installed, or another server is there.
    """
    if socket is None:
        yield
        return
    # Imported here, as most who serve do without.
    from wilkc.adapters.authzen import (  # noqa: PLC0415
        AuthzenServer,
        AuthzenSettings,
        Service,
    )

    with AuthzenServer(Service(point), AuthzenSettings(Path(socket), log=log)) as server:
        log_line(f"authzen  socket {server.socket}", err=False)
        yield
