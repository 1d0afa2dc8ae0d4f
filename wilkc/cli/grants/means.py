"""What a change of grants needs, and the options that name it. Layer: cli."""

from __future__ import annotations

import functools
import os
import pwd
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.bundle import check_key_id, key_id_of, load_private_key
from wilkc.cli.cache import CacheFolder, CommandCache
from wilkc.cli.grants.releases import open_releases
from wilkc.cli.places import socket_place
from wilkc.cli.recording import audit_options, open_recorder
from wilkc.cli.signing import load_keys, sign_with
from wilkc.core.errors import UsageError
from wilkc.core.names import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from wilkc.cli.grants.releases import Releases
    from wilkc.compiler import Store
    from wilkc.runtime.audit import AuditLogger

    Command = Callable[..., Any]

OVERLAY: Final = "policies/grants"
WAIT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Means:
    """Who changes grants, with what, and where.

    Attributes:
        by: name of who does it.
        releases: where bundles go, and who serves them.
        key: path of the private key.
        key_id: its name.
        overlay: the folder that holds a copy of each grant.
        cache: the folder that keeps what specs compile to, or None.
        audit: the log, its keys and the key of these, as named.
        seconds: how long the sidecar may take.
    """

    by: str
    releases: Releases
    key: str
    key_id: str
    overlay: Path
    cache: str | None
    audit: tuple[str | None, str | None, str | None]
    seconds: float

    def sign(self, bundle: bytes) -> bytes:
        """The bundle with a signature."""
        return sign_with(bundle, self.key, key_id=self.key_id, scope=self.releases.scope)

    def store(self) -> AbstractContextManager[Store]:
        """What was compiled before, if only by the same command: access is soon taken away."""
        if self.cache is None:
            return nullcontext(CommandCache())
        return CacheFolder(Path(self.cache), _warn)

    @contextmanager
    def recorder(self) -> Iterator[AuditLogger]:
        """The audit log."""
        with open_recorder(*self.audit) as logger:
            yield logger


def _warn(text: str) -> None:
    click.echo(f"warning: {text}", err=True)


_PLACE: Final = (
    click.option(
        "--bundle",
        required=True,
        metavar="PLACE",
        help="The file or folder that the sidecar takes its bundles from.",
    ),
    click.option("--scope", metavar="NAME", help="Scope that signatures bind."),
    click.option("--socket", metavar="PATH", help="Where decisions are asked."),
    click.option(
        "--run-dir", metavar="DIR", help="Instead of --socket: its folder, for `opa.sock`."
    ),
)
_CHANGE: Final = (
    click.option("--sign", "key", required=True, metavar="KEY", help="ES256 private key."),
    click.option("--key-id", metavar="ID", help="Its id; default: the key file's stem."),
    click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="FILE",
        help="Public key that what is in force may be signed by, beside that of --sign.",
    ),
    click.option("--by", metavar="NAME", help="Who does this; default: the user's name."),
    click.option(
        "--overlay",
        metavar="DIR",
        default=OVERLAY,
        show_default=True,
        help="Folder for a copy of each grant; it belongs into the policies, so that the next "
        "release keeps the grants.",
    ),
    click.option(
        "--cache",
        metavar="DIR",
        envvar="WILK_CACHE",
        help="Folder that keeps what specs compile to, as for `wilkc build`.",
    ),
    click.option(
        "--wait",
        "seconds",
        type=click.FloatRange(min=0.1, max=600),
        default=WAIT_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long the sidecar may take to have it in force.",
    ),
)


def place_options(command: Command) -> Command:
    """Add the options that say where grants are in force."""
    return _with(_PLACE, command)


def means_options(command: Command) -> Command:
    """Add all options that a change of grants needs; the command gets them as `means`."""

    @functools.wraps(command)
    def gathered(  # noqa: PLR0913  # one parameter per option
        *,
        bundle: str,
        scope: str | None,
        socket: str | None,
        run_dir: str | None,
        key: str,
        key_id: str | None,
        keys: tuple[str, ...],
        by: str | None,
        overlay: str,
        cache: str | None,
        seconds: float,
        audit: str | None,
        audit_keys: str | None,
        audit_provider: str | None,
        **rest: Any,
    ) -> Any:
        name = check_key_id(key_id or key_id_of(Path(key)))
        trusted = {**load_keys(keys), name: load_private_key(Path(key)).public()}
        releases = open_releases(bundle, trusted, scope, socket_place(socket, run_dir))
        log = (audit, audit_keys, audit_provider)
        means = Means(person_name(by), releases, key, name, Path(overlay), cache, log, seconds)
        return command(means=means, **rest)

    return _with(_PLACE, _with(_CHANGE, audit_options(gathered)))


def person_name(by: str | None) -> str:
    """The name of who does this; None for the user's own.

    Raises:
        UsageError: it cannot be one.
    """
    if by is None:
        try:
            by = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            by = ""
    if NAME.fullmatch(by) is None:
        raise UsageError(
            f"`{by}` cannot name who does this",
            help_text="say it by `--by`: letters, digits, `.`, `_` and `-`",
        )
    return by


def _with(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
