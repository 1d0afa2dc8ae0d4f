"""`wilkc mcp-http`: between MCP clients and a server of HTTP, in the foreground. Layer: cli."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from wilkc.adapters.mcp import check_server
from wilkc.adapters.mcp.http import (
    Door,
    Front,
    Sessions,
    Way,
    read_listening,
    read_place,
)
from wilkc.cli import exits
from wilkc.cli.filtering import Places, answer_timeout_option, open_means, place_options
from wilkc.cli.listening import TlsFiles, tls_options
from wilkc.cli.log_lines import log_line
from wilkc.cli.options import source_options
from wilkc.cli.running import Source
from wilkc.cli.signals import end_in_order, pause
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.tls import client_context

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the listener lives."""
LEAST_TOKEN: Final = 32
"""Characters of a token that callers bear."""


@click.command(name="mcp-http")
@click.option("--listen", required=True, metavar="PLACE", help="`unix:PATH` or `ADDRESS:PORT`.")
@click.option(
    "--upstream",
    required=True,
    metavar="URL",
    help="The server: `https://HOST/mcp`, `http://127.0.0.1:PORT/mcp` or `unix:PATH`.",
)
@click.option("--agent", required=True, metavar="NAME", help="The agent whose clients they are.")
@click.option(
    "--server", required=True, metavar="NAME", help="The server's name in policies: `mcp__NAME__*`."
)
@source_options(
    "The signed bundle, for a sidecar of its own.", "Instead: ask the sidecar serving there."
)
@place_options("What `.` means; default: the current directory.")
@click.option(
    "--token-file",
    metavar="FILE",
    help="Callers must bear the token that this file of mode 0600 holds.",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A web page's origin that may call; without it none may.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Beside the address: what callers may call this server in the header `Host`.",
)
@tls_options
@click.option("--upstream-ca", metavar="FILE", help="Certificates to believe the server by.")
@answer_timeout_option
def mcp_http(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    listen: str,
    upstream: str,
    agent: str,
    server: str,
    places: Places,
    token_file: str | None,
    origins: tuple[str, ...],
    hosts: tuple[str, ...],
    tls: TlsFiles,
    upstream_ca: str | None,
    answer_timeout: float,
    **source: Any,
) -> None:
    """Stand between MCP clients and a server that speaks Streamable HTTP.

    What is decided on is the body; headers that say something else are refused. A place that
    is not this host alone is served, and spoken to, by TLS 1.3 only.
    """
    end_in_order(exits.OK)
    shown = tls.opened()
    listening = read_listening(listen, tls=shown is not None)
    place = read_place(upstream)
    named = check_server(server)
    token = _token(token_file)
    trusted = client_context(upstream_ca or "") if place.tls else None
    with open_means(Source(**source), places, agent, named, alone=True) as means:
        way = Way(
            place, trusted, lambda asked: means.filter(asked=asked), Sessions(), answer_timeout,
            authorization=not token,
        )  # fmt: skip
        names = () if listening.socket else (listening.host, "localhost", *hosts)
        door = partial(_door, place.path, names, frozenset(origins), token)
        with Front(listening, door, way, means.log, shown) as front:
            told = listening.socket or f"{listening.host} port {front.port}"
            log_line(f"ready  {told}", err=False)
            while front.is_alive():
                pause(LOOK_SECONDS)
    raise UnavailableError("the listener ended")


def _door(
    path: str, names: tuple[str, ...], origins: frozenset[str], token: str, port: int
) -> Door:
    shown = [f"[{name}]" if ":" in name else name.lower() for name in names]
    hosts = frozenset([*shown, *(f"{name}:{port}" for name in shown)])
    return Door(path, hosts, origins, token)


def _token(file: str | None) -> str:
    if file is None:
        return ""
    path = Path(file)
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError(f"`{file}` may be read by others", help_text=f"chmod 600 {file}")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"`{file}` cannot be read as a token: {error}") from error
    if len(token) < LEAST_TOKEN or not token.isprintable() or " " in token:
        raise UsageError(
            f"the token in `{file}` has fewer than {LEAST_TOKEN} characters, or blanks"
        )
    return token
