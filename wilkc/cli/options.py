"""Options that several commands have. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Command = Callable[..., Any]

budget_option: Final = click.option(
    "--budget",
    type=click.IntRange(min=1),
    help="Steps that one question may take before it is inconclusive.",
)
IDENTITY: Final = "WILK_IDENTITY"
identity_option: Final = click.option(
    "--identity",
    metavar="DIR",
    envvar=IDENTITY,
    help="Deny whatever an agent asks for that is revoked there, see `wilkc identity`.",
)


def format_option(
    forms: Sequence[str], text: str, variable: str | None = None
) -> Callable[[Command], Command]:
    """`-f`, whose first form is the default.

    Args:
        forms: what may be asked for.
        text: its help.
        variable: of the environment, which may say it as well.
    """
    return click.option(
        "-f",
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        envvar=variable,
        help=text,
    )


def from_settings(parameter: str) -> bool:
    """Whether a settings file alone gave the running command a parameter."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is ParameterSource.DEFAULT_MAP


def key_options(key: str, scope: str) -> Callable[[Command], Command]:
    """`--key`, which may be repeated, `--key-id` and `--scope`: whose signature is wanted.

    Args:
        key: help of the first.
        scope: help of the last.
    """
    return together(
        click.option("--key", "keys", multiple=True, metavar="FILE", help=key),
        click.option(
            "--key-id", metavar="ID", help="The only key's id; default: the key file's stem."
        ),
        click.option("--scope", metavar="NAME", help=scope),
    )


def keys_options(scope: str) -> Callable[[Command], Command]:
    """`--key`, which must be there and may be repeated, `--key-id` and `--scope`.

    Args:
        scope: help of the last.
    """
    return together(
        click.option(
            "--key",
            "keys",
            required=True,
            multiple=True,
            metavar="FILE",
            help="Public key of who signs; several while keys change.",
        ),
        click.option(
            "--key-id", metavar="ID", help="The only key's id; default: the key file's stem."
        ),
        click.option("--scope", metavar="NAME", help=scope),
    )


def source_options(
    bundle: str = "The signed bundle, with the sandbox plans.",
    socket: str = "Beside --bundle: ask the sidecar serving there.",
) -> Callable[[Command], Command]:
    """`--bundle` with its keys, `--socket`, `--policies` and `--identity`: see `running.Source`.

    Args:
        bundle: help of the first.
        socket: help of the second.
    """
    return together(
        click.option("--bundle", metavar="FILE", help=bundle),
        key_options(
            "Public key that the bundle must be signed by; several while keys change.",
            "Scope that the signature must bind.",
        ),
        click.option("--socket", metavar="PATH", help=socket),
        click.option(
            "--policies", multiple=True, metavar="PATH", help="Instead: compile these specs."
        ),
        identity_option,
    )


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for several, in their order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
