"""`wilkc serve`: the decision point, in the foreground. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from wilkc.cli import exits
from wilkc.cli.activating import AskedLedger
from wilkc.cli.authzen_serving import authzen_beside
from wilkc.cli.deploying import KINDS, Deployment, Kind, kubernetes_pod, systemd_unit
from wilkc.cli.hooking.serving import hooks_beside
from wilkc.cli.log_lines import log_line
from wilkc.cli.options import IDENTITY, keys_options
from wilkc.cli.places import socket_place
from wilkc.cli.record_serving import Record, record_options, recorded
from wilkc.cli.revocations import opened_revocations, unless_revoked
from wilkc.cli.signals import end_in_order, pause
from wilkc.cli.signing import load_keys
from wilkc.cli.upkeep_process import upkeep_beside
from wilkc.core.errors import UsageError
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.keeper import Keeper, Trust
from wilkc.opa.kept import kept_beside
from wilkc.opa.obtain import find_opa
from wilkc.opa.pages import Pages
from wilkc.opa.sources import open_source
from wilkc.opa.state import StateFile, state_path

if TYPE_CHECKING:
    from typing import NoReturn

    from wilkc.bundle import VerifiedBundle
    from wilkc.identity import Revocations
    from wilkc.opa.keeper import Refusal

STEP_SECONDS: Final = 0.1
_CARRIED: Final = frozenset({"key_id", "scope", "poll_seconds", "metrics_port", "start_timeout"})
_PRINTERS: Final = {"systemd": systemd_unit, "kubernetes": kubernetes_pod}


@click.command()
@click.option(
    "--bundle",
    required=True,
    metavar="PLACE",
    help="The signed bundle: a file, a folder of releases, or an http(s) address; watched.",
)
@keys_options("Scope that signatures must bind.")
@click.option("--socket", metavar="PATH", help="Where decisions are asked.")
@click.option("--run-dir", metavar="DIR", help="Instead of --socket: its folder, for `opa.sock`.")
@click.option("--authzen", metavar="PATH", help="Also serve AuthZEN there, see `wilkc authzen`.")
@click.option("--hooks", metavar="PATH", help="Also answer `wilkc hook` there; needs --audit.")
@click.option(
    "--rates", metavar="PLACE", envvar="WILK_RATES", help="Where hits of hooks are counted."
)
@click.option(
    "--identity",
    metavar="DIR",
    envvar=IDENTITY,
    help="Let hooks and AuthZEN deny whatever an agent asks for that is revoked there.",
)
@click.option(
    "--state",
    metavar="FILE",
    help="Keeps the newest sequence that was in force; default: beside the socket.",
)
@click.option(
    "--poll",
    "poll_seconds",
    type=click.FloatRange(min=0.1, max=86_400),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How often an address is asked.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Serve `/metrics` on this loopback port, too; always on `status.sock` beside the socket.",
)
@click.option(
    "--start-timeout",
    type=click.FloatRange(min=0.1),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long OPA may take to have the bundle in force.",
)
@record_options
@click.option(
    "--print",
    "printed",
    type=click.Choice(KINDS),
    help="Do not serve: print a hardened unit or a pod's manifest that does, with these options.",
)
def serve(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    bundle: str,
    keys: tuple[str, ...],
    key_id: str | None,
    scope: str | None,
    socket: str | None,
    run_dir: str | None,
    authzen: str | None,
    hooks: str | None,
    rates: str | None,
    identity: str | None,
    state: str | None,
    poll_seconds: float,
    metrics_port: int | None,
    start_timeout: float,
    printed: Kind | None,
    **record: Any,
) -> None:
    """Serve decisions by the newest valid bundle, through OPA, on a unix socket.

    The socket has mode 0600 and its folder must have mode 0700; it is made if it is not
    there. A new bundle is verified and put in force; one that is bad, or older than what was
    ever in force, is refused, and the old one goes on answering. Of a folder's `*.tar.gz` the
    one with the highest sequence is served. Where operators are named, they are asked about
    each bundle. Ends in order at SIGINT and SIGTERM.

    With `--audit` each activation and each refusal is on record, nothing comes into force that
    is not, the log is written by the settings of the bundle in force, and a process beside this
    one looks after it, as `wilkc audit keep` does.
    """
    kept = Record(**record)
    kept.check()
    _check_beside(hooks, authzen, printed)
    if printed is not None:
        named = str(socket_place(socket, run_dir)) if socket or run_dir else None
        given = Deployment(
            bundle, keys, named, state, authzen, _given_options(), kept.words(),
            tuple(sorted(kept.writable())),
        )  # fmt: skip
        click.echo(_PRINTERS[printed](given), nl=False)
        return
    end_in_order(exits.OK)
    place = socket_place(socket, run_dir)
    trust = Trust(load_keys(keys, key_id=key_id), scope or "")
    noted = Path(state) if state is not None else state_path(place)
    source = open_source(bundle, poll_seconds=poll_seconds)
    settings = SidecarSettings(
        opa=find_opa().path, socket=place, start_seconds=start_timeout, log=_log
    )
    mark = StateFile(noted)
    beside = Beside(metrics_port, authzen, hooks, rates, opened_revocations(identity))
    with recorded(kept, mark, _log) as ledger:
        told = _unheard if ledger is None else ledger.refused
        keeper = Keeper(source, trust, _log, kept_beside(noted), told)
        asked = AskedLedger(ledger or mark)
        sidecar = Sidecar(keeper.first(), trust.keys, settings, asked)
        _serve(keeper, sidecar, kept, beside)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is served beside decisions by OPA, as the options of the same names say it.

    Attributes:
        revocations: what `--identity` says of agents, or None.
    """

    metrics_port: int | None
    authzen: str | None
    hooks: str | None
    rates: str | None
    revocations: Revocations | None


def _serve(keeper: Keeper, served: Sidecar, kept: Record, beside: Beside) -> NoReturn:
    with (
        served as sidecar,
        upkeep_beside(kept.kept(), _log) as upkeep,
        Pages(sidecar, keeper, port=beside.metrics_port, upkeep=upkeep),
    ):
        keeper.keep(sidecar.bundle)
        log_line(f"ready  {_named(sidecar.bundle)}  socket {sidecar.socket}", err=False)
        log = (kept.audit, kept.audit_keys, kept.audit_provider)
        with (
            authzen_beside(unless_revoked(sidecar.point, beside.revocations), beside.authzen, _log),
            hooks_beside(sidecar, beside.hooks, log, beside.rates, beside.revocations, _log),
        ):
            _attend(sidecar, keeper)


def _check_beside(hooks: str | None, authzen: str | None, printed: Kind | None) -> None:
    """Refuse what would be named and not heeded."""
    if printed is not None and hooks is not None:
        raise UsageError("`--hooks` serves this user's harnesses: it goes with no `--print`")
    said = click.get_current_context().get_parameter_source("identity")
    heeded = printed is None and (hooks is not None or authzen is not None)
    if said is ParameterSource.COMMANDLINE and not heeded:
        raise UsageError(
            "`--identity` goes with `--hooks` or `--authzen`, and with no `--print`",
            help_text="who asks OPA at the socket looks at it by itself, as `wilkc run` does",
        )


def _unheard(refusal: Refusal) -> None:
    """Where no record is kept, what was refused is told in the log alone."""


def _given_options() -> tuple[str, ...]:
    """The options that were named and are the same on every machine, as words."""
    context = click.get_current_context()
    found: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in _CARRIED and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            found += [parameter.opts[0], str(context.params[name])]
    return tuple(found)


def _attend(sidecar: Sidecar, keeper: Keeper) -> NoReturn:
    """Look after both until a signal comes."""
    while True:
        pause(STEP_SECONDS)
        if keeper.step(sidecar):
            keeper.keep(sidecar.bundle)
            log_line(f"active  {_named(sidecar.bundle)}", err=False)


def _named(bundle: VerifiedBundle) -> str:
    place = f"  sequence {bundle.sequence}" if bundle.sequence else ""
    return f"revision {bundle.revision}{place}"


def _log(text: str) -> None:
    log_line(f"wilkc serve: {text}")
