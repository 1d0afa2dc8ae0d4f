"""`wilkc authzen`: AuthZEN in front of a sidecar that runs, in the foreground. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.adapters.authzen import (
    DEFAULT_BASE_URL,
    AuthzenServer,
    AuthzenSettings,
    Service,
    Vocabulary,
)
from wilkc.cli import exits
from wilkc.cli.listening import Way, listening_options
from wilkc.cli.log_lines import log_line
from wilkc.cli.signals import end_in_order, pause
from wilkc.core.errors import UnavailableError
from wilkc.opa import Announced, Transport

if TYPE_CHECKING:
    from typing import NoReturn

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the server lives."""


@click.command()
@click.option("--socket", required=True, metavar="PATH", help="Where the sidecar is asked.")
@click.option("--listen", metavar="PATH", help="The socket to serve AuthZEN on.")
@listening_options
@click.option(
    "--subject-type",
    "subjects",
    multiple=True,
    default=["agent"],
    show_default=True,
    metavar="NAME",
    help="Type of subjects that are agents of the specs, by their id.",
)
@click.option(
    "--tool-type",
    "tools",
    multiple=True,
    metavar="NAME",
    help="Type of resources whose actions are tools, each named `NAME:ACTION`.",
)
@click.option(
    "--fulfils",
    multiple=True,
    metavar="TYPE",
    help="Type of conditions that callers fulfil; a grant with another is a denial.",
)
@click.option(
    "--base-url",
    default=DEFAULT_BASE_URL,
    show_default=True,
    metavar="URL",
    help="Under which callers know the decision point, for its metadata.",
)
@click.option(
    "--timeout",
    "answer_seconds",
    type=click.FloatRange(min=0.01, max=60),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one answer of the sidecar may take.",
)
def authzen(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    socket: str,
    listen: str | None,
    way: Way,
    subjects: tuple[str, ...],
    tools: tuple[str, ...],
    fulfils: tuple[str, ...],
    base_url: str,
    answer_seconds: float,
) -> None:
    """Serve the AuthZEN Authorization API 1.0, answered by `wilkc serve`.

    The socket has mode 0600 and its folder must have mode 0700; it is made if it is not
    there. At a port callers need a credential of `--identity`, or a certificate; other hosts
    are answered by TLS 1.3 only. Where the sidecar gives no answer, the answer is no. Ends in
    order at SIGINT and SIGTERM. Needs the extra `wilkc[authzen]`.
    """
    end_in_order(exits.OK)
    sidecar = Path(socket)
    point = Transport(sidecar, Announced(sidecar), seconds=answer_seconds)
    words = Vocabulary(frozenset(subjects), frozenset(tools))
    service = Service(point, words, frozenset(fulfils))
    with way.opened() as identity:
        place = Path(listen) if listen else None
        settings = AuthzenSettings(place, base_url, _log, identity, way.address())
        _serve(AuthzenServer(service, settings))


def _serve(made: AuthzenServer) -> NoReturn:
    with made as server:
        log_line(f"ready  {server.place}", err=False)
        while server.is_alive():
            pause(LOOK_SECONDS)
    raise UnavailableError("the server ended")


def _log(text: str) -> None:
    log_line(f"wilkc authzen: {text}")
