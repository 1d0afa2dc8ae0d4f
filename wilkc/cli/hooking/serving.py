"""The service that hooks ask, beside something else that the command does. Layer: cli."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.log_lines import log_line
from wilkc.core.errors import UsageError, WilkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.identity import Revocations
    from wilkc.opa import Sidecar
    from wilkc.runtime import SharedLog


@contextmanager
def hooks_beside(  # noqa: PLR0913, PLR0917  # what it rests on
    sidecar: Sidecar,
    socket: str | None,
    audit: tuple[str | None, str | None, str | None],
    rates: str | None,
    revocations: Revocations | None,
    log: Callable[[str], None],
) -> Iterator[None]:
    """Serve hooks until the context ends.

    Args:
        sidecar: who decides.
        socket: where; None for not at all.
        audit: the log that decisions go to, its keys and their key.
        rates: where hits are counted.
        revocations: says which agents are revoked; None for none.
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
    from wilkc.cli.rates import open_rates  # noqa: PLC0415
    from wilkc.cli.recording import shared_log  # noqa: PLC0415
    from wilkc.cli.revocations import unless_revoked  # noqa: PLC0415

    directory, keys, provider = audit
    if directory is None:
        raise UsageError(
            "there is no audit log to record in",
            help_text="name one by `--audit DIR`; `wilkc audit init` makes one",
        )
    # Bundles come and go while this serves: each record is written as the one in force says.
    recorder = shared_log(directory, keys, provider, bundle=lambda: sidecar.bundle)
    point = unless_revoked(sidecar.point, revocations)
    with (
        open_rates(rates) as store,
        ExitStack() as opened,
        HookServer(Path(socket), Means(point, recorder, store), log) as server,
    ):
        opened.callback(_close, recorder)
        log_line(f"hooks  socket {server.socket}", err=False)
        yield


def _close(recorder: SharedLog) -> None:
    # A log that is gone by now has nothing to be closed.
    with suppress(WilkError):
        recorder.logger().close()
