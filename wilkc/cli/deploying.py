"""`wilkc serve` as a unit of systemd, or beside an agent in Kubernetes; a timer. Layer: cli.

What is printed says the command as it was given, with absolute paths. Nothing is read: keys and
bundles are on the machine that it will run on.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Literal, get_args

from wilkc import __version__
from wilkc.core.errors import UsageError
from wilkc.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["systemd", "kubernetes"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
TimerKind = Literal["service", "timer"]
TIMER_KINDS: Final[tuple[TimerKind, ...]] = get_args(TimerKind)
USER: Final = "wilk"
UID: Final = 65_532
"""User of the pod; none of the image's own."""
_UNIT_SOCKET: Final = "/run/wilk/opa.sock"
_POD_SOCKET: Final = "/run/wilk/serve/opa.sock"
"""One folder deeper: a volume's own folder is not the user's."""
_STATE: Final = "/var/lib/wilk/serve.state"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What shall be served, as the options of `wilkc serve` say it.

    Attributes:
        bundle: file, folder, or address.
        keys: files of public keys.
        socket: where decisions are asked, or None for the usual place.
        state: file of the state, or None for the usual place.
        authzen: where AuthZEN is served as well, or None.
        options: the other options, as they were given.
        record: the options of the audit log, with absolute paths.
        writable: folders that the audit log needs to be written.
    """

    bundle: str
    keys: tuple[str, ...]
    socket: str | None
    state: str | None
    authzen: str | None
    options: tuple[str, ...]
    record: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()

    @property
    def remote(self) -> bool:
        """Whether bundles come from an address."""
        return self.bundle.startswith(("http://", "https://"))


def systemd_unit(given: Deployment) -> str:
    """The unit file."""
    socket, state = _absolute(given.socket or _UNIT_SOCKET), _absolute(given.state or _STATE)
    bundle = given.bundle if given.remote else _absolute(given.bundle)
    keys = tuple(map(_absolute, given.keys))
    runtime, kept = _under("/run", socket), _under("/var/lib", state)
    others = [(runtime, socket), (kept, state)]
    options = (*given.options, *given.record)
    if given.authzen is not None:
        authzen = _absolute(given.authzen)
        others.append((runtime if Path(authzen).parent == Path(socket).parent else "", authzen))
        options = ("--authzen", authzen, *options)
    return render(
        "serve/wilk-serve.service.j2",
        user=USER,
        command=_command(_wilkc(), bundle, keys, socket, state, options),
        remote=given.remote,
        recorded=bool(given.record),
        runtime_directory=runtime,
        state_directory=kept,
        writable=sorted({str(Path(path).parent) for name, path in others if not name}),
        kept=given.writable,
    )


def housekeeping_unit(
    kind: TimerKind, directory: str, options: Sequence[str], writable: set[str]
) -> str:
    """The unit that does the housekeeping of a log, or the timer that starts it each hour.

    Args:
        kind: which of the two.
        directory: of the log.
        options: of `wilkc audit housekeeping`, with absolute paths.
        writable: the folders that it writes, as absolute paths.
    """
    return render(
        f"serve/wilk-housekeeping.{kind}.j2",
        user=USER,
        command=[_wilkc(), "audit", "housekeeping", _absolute(directory), *options],
        writable=sorted(writable),
    )


def kubernetes_pod(given: Deployment) -> str:
    """The manifest of a pod with the service beside an agent.

    Raises:
        UsageError: a path is relative, two that must differ are in one folder, or there is an
            audit log.
    """
    if given.record:
        raise UsageError(
            "a pod that keeps the record needs volumes for log, keys and alerts of its own",
            help_text="print it without `--audit`, and add the options and volumes to it",
        )
    socket, state = given.socket or _POD_SOCKET, given.state or _STATE
    authzen = [] if given.authzen is None else [given.authzen]
    paths = [socket, state, *authzen, *given.keys, *([] if given.remote else [given.bundle])]
    for path in paths:
        if not PurePosixPath(path).is_absolute():
            raise UsageError(
                f"`{path}` must be absolute: it is a path in the container",
                help_text="for example: --bundle /etc/wilk/bundle/policy.tar.gz",
            )
    key_folders = {str(PurePosixPath(key).parent) for key in given.keys}
    run = PurePosixPath(socket).parent
    folders = [*key_folders, str(run.parent), str(PurePosixPath(state).parent)]
    if not given.remote:
        folders.append(str(PurePosixPath(given.bundle).parent))
    if len(key_folders) > 1 or len(set(folders)) != len(folders) or "/" in folders:
        raise UsageError(
            "keys, bundle, socket and state need a folder each, which a volume can be",
            help_text="for example /etc/wilk/keys, /etc/wilk/bundle, /run/wilk/serve, "
            "/var/lib/wilk",
        )
    for path in authzen:
        if run.parent not in PurePosixPath(path).parent.parents:
            raise UsageError(
                f"`{path}` must be in a folder of `{run.parent}`, which the agent shares",
                help_text=f"for example {run.parent}/authzen/authzen.sock",
            )
    options = (*(("--authzen", *authzen) if authzen else ()), *given.options)
    return render(
        "serve/sidecar.yaml.j2",
        uid=UID,
        image=f"wilk:{__version__}",
        command=_command("wilkc", given.bundle, given.keys, socket, state, options),
        probe=["wilkc", "status", "--answering", "--socket", socket],
        remote=given.remote,
        socket=socket,
        run_folder=str(run.parent),
        state_folder=str(PurePosixPath(state).parent),
        key_folder=next(iter(key_folders)),
        bundle_folder=str(PurePosixPath(given.bundle).parent),
    )


def _command(  # noqa: PLR0913, PLR0917  # the parts of one command line
    program: str,
    bundle: str,
    keys: tuple[str, ...],
    socket: str,
    state: str,
    options: tuple[str, ...],
) -> list[str]:
    def parts() -> Iterator[str]:
        yield from (program, "serve", "--bundle", bundle)
        for key in keys:
            yield from ("--key", key)
        yield from ("--socket", socket, "--state", state)
        yield from options

    return list(parts())


def _under(top: str, path: str) -> str:
    """The folder of a file, if it stands right under the top, where systemd makes it."""
    folder = PurePosixPath(path).parent
    return folder.name if str(folder.parent) == top else ""


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100  # `resolve` would follow links of this machine


def _wilkc() -> str:
    """The command that runs now."""
    beside = Path(sys.executable).with_name("wilkc")
    return str(beside) if beside.exists() else shutil.which("wilkc") or "/usr/bin/wilkc"
