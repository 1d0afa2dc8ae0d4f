"""`wilkc mcp-http`: between MCP clients and a server of HTTP, in the foreground. Layer: cli."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from wilkc.adapters.mcp import ANSWER_SECONDS, check_server
from wilkc.adapters.mcp.http import (
    Door,
    Front,
    Sessions,
    Way,
    client_context,
    read_listening,
    read_place,
    server_context,
)
from wilkc.cli import exits
from wilkc.cli.filtering import Places, open_means
from wilkc.cli.options import key_options
from wilkc.cli.recording import audit_options
from wilkc.cli.running import Source
from wilkc.cli.signals import end_in_order
from wilkc.core.errors import UnavailableError, UsageError

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
@click.option("--bundle", metavar="FILE", help="The signed bundle, for a sidecar of its own.")
@key_options(
    "Public key that the bundle must be signed by; several while keys change.",
    "Scope that the signature must bind.",
)
@click.option("--socket", metavar="PATH", help="Instead: ask the sidecar serving there.")
@click.option("--policies", multiple=True, metavar="PATH", help="Instead: compile these specs.")
@click.option("--workspace", metavar="DIR", help="What `.` means; default: the current directory.")
@audit_options
@click.option("--rates", metavar="PLACE", envvar="WILK_RATES", help="As for `wilkc run`.")
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
@click.option("--tls-cert", metavar="FILE", help="Certificate to serve with, in PEM.")
@click.option("--tls-key", metavar="FILE", help="Its key.")
@click.option("--upstream-ca", metavar="FILE", help="Certificates to believe the server by.")
@click.option(
    "--answer-timeout",
    type=click.FloatRange(min=0.1, max=86_400),
    default=ANSWER_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long the server may take for an answer.",
)
def mcp_http(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    listen: str,
    upstream: str,
    agent: str,
    server: str,
    workspace: str | None,
    audit: str | None,
    audit_keys: str | None,
    audit_provider: str | None,
    rates: str | None,
    token_file: str | None,
    origins: tuple[str, ...],
    hosts: tuple[str, ...],
    tls_cert: str | None,
    tls_key: str | None,
    upstream_ca: str | None,
    answer_timeout: float,
    **source: Any,
) -> None:
    """Stand between MCP clients and a server that speaks Streamable HTTP.

    What is decided on is the body; headers that say something else are refused. A place that
    is not this host alone is served, and spoken to, by TLS 1.3 only.
    """
    end_in_order(exits.OK)
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("`--tls-cert` and `--tls-key` go together")
    context = server_context(Path(tls_cert), Path(tls_key)) if tls_cert and tls_key else None
    listening = read_listening(listen, tls=context is not None)
    place = read_place(upstream)
    named = check_server(server)
    token = _token(token_file)
    places = Places(workspace, audit, audit_keys, audit_provider, rates)
    trusted = client_context(Path(upstream_ca) if upstream_ca else None) if place.tls else None
    with open_means(Source(**source), places, agent, named, alone=True) as means:
        way = Way(
            place, trusted, lambda asked: means.filter(asked=asked), Sessions(), answer_timeout,
            authorization=not token,
        )  # fmt: skip
        names = () if listening.socket else (listening.host, "localhost", *hosts)
        door = partial(_door, place.path, names, frozenset(origins), token)
        with Front(listening, door, way, means.log, context) as front:
            told = listening.socket or f"{listening.host} port {front.port}"
            click.echo(f"ready  {told}")
            while front.is_alive():
                time.sleep(LOOK_SECONDS)
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
