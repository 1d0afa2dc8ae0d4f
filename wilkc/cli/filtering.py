"""What the commands that stand between MCP clients and servers rest on. Layer: cli."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.adapters.mcp import ANSWER_SECONDS, Filter, Gate, Listing
from wilkc.cli.log_lines import log_line
from wilkc.cli.options import together
from wilkc.cli.rates import open_rates
from wilkc.cli.recording import audit_options, open_recorder
from wilkc.cli.revocations import opened_revocations, unless_revoked
from wilkc.cli.running import check_source, open_socket
from wilkc.core.errors import UsageError
from wilkc.opa import Announced, Transport
from wilkc.runtime.audit import settings_of
from wilkc.runtime.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.adapters.mcp.flight import Flight
    from wilkc.bundle import VerifiedBundle
    from wilkc.cli.options import Command
    from wilkc.cli.running import Source
    from wilkc.runtime.guard import Recorder, SecurityContext
    from wilkc.runtime.guard.unrevoked import Point
    from wilkc.runtime.limits import RateStore


@dataclass(frozen=True, slots=True)
class Places:
    """What the command line says about where things are.

    Attributes:
        workspace: the directory that `.` means; None for the current one.
        audit: the log.
        audit_keys: its keys.
        audit_provider: what unlocks them.
        rates: where hits are counted.
    """

    workspace: str | None
    audit: str | None
    audit_keys: str | None
    audit_provider: str | None
    rates: str | None


answer_timeout_option: Final = click.option(
    "--answer-timeout",
    type=click.FloatRange(min=0.1, max=86_400),
    default=ANSWER_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long the server may take for an answer.",
)


def place_options(workspace: str) -> Callable[[Command], Command]:
    """`--workspace`, those of the log, and `--rates`; the command gets them as `places`.

    Args:
        workspace: help of the first.
    """

    def add(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(
            *,
            workspace: str | None,
            audit: str | None,
            audit_keys: str | None,
            audit_provider: str | None,
            rates: str | None,
            **rest: Any,
        ) -> Any:
            places = Places(workspace, audit, audit_keys, audit_provider, rates)
            return command(places=places, **rest)

        return together(
            click.option("--workspace", metavar="DIR", help=workspace),
            audit_options,
            click.option(
                "--rates", metavar="PLACE", envvar="WILK_RATES", help="As for `wilkc run`."
            ),
        )(gathered)

    return add


@dataclass(frozen=True, slots=True)
class Means:
    """What messages are decided and recorded by.

    Attributes:
        agent: whose client it is.
        server: name of the server in policies.
        point: answers questions.
        guard: asks, obeys and records.
        recorder: keeps the record.
        rates: counts hits, or None.
        bundle: the bundle that decides; None where only a sidecar is known.
        log: told, in one line, of what went wrong.
    """

    agent: str
    server: str
    point: Point
    guard: Guard
    recorder: Recorder
    rates: RateStore | None
    bundle: VerifiedBundle | None
    log: Callable[[str], None]

    def filter(
        self, security: SecurityContext | None = None, asked: Flight | None = None
    ) -> Filter:
        """A filter of one connection."""
        listing = Listing(self.point, self.agent, counts=self.rates is not None)
        return Filter(self.server, Gate(self.guard, security), listing, self.log, asked)


@contextmanager
def open_means(
    source: Source, places: Places, agent: str, server: str, *, alone: bool
) -> Iterator[Means]:
    """Everything that decides and records, until the context ends.

    Args:
        source: who decides.
        places: where things are.
        agent: whose client it is.
        server: name of the server in policies.
        alone: whether a sidecar suffices, as nothing is to be sandboxed.

    Raises:
        UsageError: something makes no sense together, or a path is not there.
        SpecError: the specs have errors.
        VerificationError: the bundle or the log does not verify.
        UnavailableError: OPA or the record cannot be had, or what is revoked cannot be read.
    """
    revocations = opened_revocations(source.identity)
    with (
        open_rates(places.rates) as rates,
        _decider(source, alone=alone) as (socket, bundle),
        open_recorder(
            places.audit,
            places.audit_keys,
            places.audit_provider,
            None if bundle is None else settings_of(bundle),
        ) as recorder,
    ):
        workspace = places.workspace or "."
        guard = Guard(
            socket, recorder, agent=agent, workspace=workspace, rates=rates, revocations=revocations
        )
        point = unless_revoked(Transport(socket, Announced(socket)), revocations)
        try:
            yield Means(agent, server, point, guard, recorder, rates, bundle, _log)
        finally:
            point.close()
            guard.close()


@contextmanager
def _decider(source: Source, *, alone: bool) -> Iterator[tuple[Path, VerifiedBundle | None]]:
    if alone and source.socket is not None and source.bundle is None and not source.policies:
        if source.keys or source.key_id or source.scope:
            raise UsageError("`--key`, `--key-id` and `--scope` go with `--bundle`")
        yield Path(source.socket), None
        return
    check_source(source)
    with open_socket(source) as found:
        yield found


def _log(text: str) -> None:
    log_line(f"wilkc mcp: {text}")
