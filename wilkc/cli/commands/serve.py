"""`wilkc serve`: the decision point, in the foreground. Layer: cli."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli import exits
from wilkc.cli.signals import end_in_order
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.core.errors import UsageError, WilkError
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from wilkc.bundle import PublicKey, VerifiedBundle

LOOK_SECONDS: Final = 0.5
"""How often the bundle's file is looked at."""
HEALTH_SECONDS: Final = 5.0
DEFAULT_NAME: Final = "opa.sock"


@click.command()
@click.option("--bundle", required=True, metavar="FILE", help="The signed bundle; watched.")
@click.option(
    "--key",
    "keys",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Public key of who signs; several while keys change.",
)
@click.option("--key-id", metavar="ID", help="The only key's id; default: the key file's stem.")
@click.option("--scope", metavar="NAME", help="Scope that signatures must bind.")
@click.option("--socket", metavar="PATH", help="Where decisions are asked.")
@click.option("--run-dir", metavar="DIR", help="Instead of --socket: its folder, for `opa.sock`.")
@click.option(
    "--start-timeout",
    type=click.FloatRange(min=0.1),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long OPA may take to have the bundle in force.",
)
def serve(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    bundle: str,
    keys: tuple[str, ...],
    key_id: str | None,
    scope: str | None,
    socket: str | None,
    run_dir: str | None,
    start_timeout: float,
) -> None:
    """Serve decisions by the newest valid bundle, through OPA, on a unix socket.

    The socket has mode 0600 and its folder must have mode 0700; it is made if it is not
    there. When the bundle's file changes, the new one is verified and put in force; a bad one
    is refused, and the old one goes on answering. Ends in order at SIGINT and SIGTERM.
    """
    end_in_order(exits.OK)
    place = _socket(socket, run_dir)
    source = _Source(Path(bundle), keys, key_id, scope)
    verified, public = source.read()
    settings = SidecarSettings(
        opa=find_opa().path, socket=place, start_seconds=start_timeout, log=_log
    )
    with Sidecar(verified, public, settings) as sidecar:
        click.echo(f"ready  revision {sidecar.revision}  socket {sidecar.socket}")
        _attend(sidecar, source)


class _Source:
    """The bundle's file, and what it takes to verify it."""

    def __init__(
        self, path: Path, keys: Sequence[str], key_id: str | None, scope: str | None
    ) -> None:
        self._path = path
        self._keys = keys
        self._key_id = key_id
        self._scope = scope
        self._seen = self._look()

    def read(self) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
        """The bundle as it is now, verified."""
        data = read_bundle_file(str(self._path))
        return verify_with(data, self._keys, key_id=self._key_id, scope=self._scope)

    def has_changed(self) -> bool:
        """Whether the file is another one, or was written to, since the last question."""
        now = self._look()
        changed = now is not None and now != self._seen
        self._seen = now or self._seen
        return changed

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


def _socket(socket: str | None, run_dir: str | None) -> Path:
    if (socket is None) == (run_dir is None):
        raise UsageError(
            "name one of `--socket` and `--run-dir`",
            help_text="for example: --socket ~/.wilk/run/opa.sock",
        )
    return Path(socket) if socket is not None else Path(run_dir or "", DEFAULT_NAME)


def _attend(sidecar: Sidecar, source: _Source) -> NoReturn:
    """Look after both until a signal comes."""
    looked, told = time.monotonic(), ""
    while True:
        time.sleep(LOOK_SECONDS)
        if source.has_changed():
            _update(sidecar, source)
        if time.monotonic() - looked >= HEALTH_SECONDS:
            looked, problem = time.monotonic(), sidecar.problem()
            if problem != told:
                _log(problem or "well again")
            told = problem


def _update(sidecar: Sidecar, source: _Source) -> None:
    try:
        verified, _ = source.read()
        if verified.revision != sidecar.revision:
            sidecar.publish(verified)
            click.echo(f"active  revision {sidecar.revision}")
    except WilkError as error:
        _log(f"refused the new bundle: {error.message}; revision {sidecar.revision} stays")


def _log(text: str) -> None:
    click.echo(f"wilkc serve: {text}", err=True)
