"""The command `wilkc`: finds the command asked for and turns refusals into exit codes.

Layer: cli. No other room prints, colours or exits.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

import click

from wilkc import __version__
from wilkc.cli import exits
from wilkc.cli.lazy import LazyGroup
from wilkc.cli.settings.problems import SettingsError
from wilkc.core.errors import SpecError, WilkError

COMMANDS: Final[dict[str, str]] = {
    "audit": "wilkc.cli.commands.audit:audit",
    "authzen": "wilkc.cli.commands.authzen:authzen",
    "build": "wilkc.cli.commands.build:build",
    "check": "wilkc.cli.commands.check:check",
    "completion": "wilkc.cli.commands.completion:completion",
    "decide": "wilkc.cli.commands.decide:decide",
    "diff": "wilkc.cli.commands.diff:diff",
    "doctor": "wilkc.cli.commands.doctor:doctor",
    "explain": "wilkc.cli.commands.explain:explain",
    "fmt": "wilkc.cli.commands.fmt:fmt",
    "grant": "wilkc.cli.commands.grant:grant",
    "grants": "wilkc.cli.commands.grants:grants",
    "hook": "wilkc.cli.commands.hook:hook",
    "identity": "wilkc.cli.commands.identity:identity",
    "import": "wilkc.cli.commands.import_rules:import_command",
    "init": "wilkc.cli.commands.init:init",
    "keys": "wilkc.cli.commands.keys:keys",
    "learn": "wilkc.cli.commands.learn:learn_command",
    "mcp": "wilkc.cli.commands.mcp:mcp",
    "mcp-http": "wilkc.cli.commands.mcp_http:mcp_http",
    "plugin": "wilkc.cli.commands.plugin:plugin",
    "prove": "wilkc.cli.commands.prove:prove",
    "revoke": "wilkc.cli.commands.revoke:revoke",
    "rules": "wilkc.cli.commands.rules:rules",
    "run": "wilkc.cli.commands.run:run",
    "schema": "wilkc.cli.commands.schema:schema",
    "serve": "wilkc.cli.commands.serve:serve",
    "sign": "wilkc.cli.commands.sign:sign",
    "status": "wilkc.cli.commands.status:status",
    "test": "wilkc.cli.commands.test:test",
    "verify": "wilkc.cli.commands.verify:verify",
    "verify-host": "wilkc.cli.commands.verify_host:verify_host",
}

WITH_SETTINGS: Final = frozenset({"build", "check", "diff", "explain", "prove", "test"})
"""Commands that a project's settings may speak to, see `wilkc.cli.settings.known`."""


@click.group(
    cls=LazyGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="wilkc")
@click.pass_context
def cli(context: click.Context) -> None:
    """Compile, review, serve and enforce permission specs for AI agents."""
    name = context.invoked_subcommand
    if name in WITH_SETTINGS:
        # Loaded for the few commands that have any: `run` and hooks never look for a file.
        settings = importlib.import_module("wilkc.cli.settings.reading").read_settings()
        context.default_map = {name: settings.commands.get(name, {})}


def main(arguments: list[str] | None = None) -> None:
    """Run `wilkc`; the process ends with a code of `wilkc.cli.exits`."""
    if "_WILKC_COMPLETE" in os.environ:
        importlib.import_module("wilkc.cli.completion").register()
    try:
        ended = cli.main(args=arguments, prog_name="wilkc", standalone_mode=False)
        sys.exit(ended if isinstance(ended, int) else exits.OK)
    except click.ClickException as error:
        error.show()
        sys.exit(exits.USAGE)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(exits.FAILED)
    except WilkError as error:
        show_refusal(error)
        sys.exit(exits.exit_code(error))


def show_refusal(error: WilkError) -> None:
    """Print a refusal on standard error: one line, and one line of help if there is any.

    Specs and settings with errors are shown with every problem. What a refusal quotes comes from
    specs, logs and names of files, and so from anybody: a terminal gets nothing of it that it
    acts on.
    """
    # Loaded where something is refused: most calls end well.
    from wilkc.cli.decision_text import printable  # noqa: PLC0415

    if isinstance(error, SettingsError):
        click.echo(error.text(), err=True)
        return
    if isinstance(error, SpecError):
        for found in error.diagnostics:
            click.echo(printable(f"{found.severity}[{found.code}]: {found.message}"), err=True)
            click.echo(printable(f"  --> {found.span}"), err=True)
        return
    for line in f"wilkc: {error.message}".split("\n"):
        click.echo(printable(line), err=True)
    if error.help_text:
        click.echo(printable(f"  = help: {error.help_text}"), err=True)


if __name__ == "__main__":
    main()
