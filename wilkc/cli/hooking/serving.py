"""The service that hooks ask, beside something else that the command does. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.opa import Sidecar


@contextmanager
def hooks_beside(  # what it rests on
    sidecar: Sidecar,
    socket: str | None,
    audit: tuple[str | None, str | None, str | None],
    rates: str | None,
    log: Callable[[str], None],
) -> Iterator[None]:
    """Serve hooks until the context ends.

    Args:
        sidecar: who decides.
        socket: where; None for not at all.
        audit: the log that decisions go to, its keys and their key.
        rates: where hits are counted.
        log: told, in one line, of faults.

    Raises:
        UsageError: there can be no socket, or no log is named.
        VerificationError: the log was tampered with.
        UnavailableError: another server is there, or the log cannot be read.
    """
    if socket is None:
        yield
        return
    # Imported here, as most who serve do without.
    from wilkc.adapters.hooks.judge import Means  # noqa: PLC0415
    from wilkc.adapters.hooks.server import HookServer  # noqa: PLC0415
    from wilkc.cli.hooking.recording import open_log  # noqa: PLC0415
    from wilkc.cli.rates import open_rates  # noqa: PLC0415

    with (
        open_rates(rates) as store,
        open_log(*audit, sidecar.bundle) as recorder,
        HookServer(Path(socket), Means(sidecar.point, recorder, store), log) as server,
    ):
        click.echo(f"hooks  socket {server.socket}")
        yield
