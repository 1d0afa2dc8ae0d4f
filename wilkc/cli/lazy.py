"""Groups of commands that are loaded when asked for. Layer: cli.

`wilkc --version` and one command never pay for the imports of another.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

import click

from wilkc.cli.guarding import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group whose commands are imported by name, when asked for, and ask operators first.

    Attributes:
        places: a command's name to its home, as `module:attribute`.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, sorted."""
        del ctx
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The named command, or None if there is none."""
        del ctx
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        return guarded(cast("click.Command", getattr(importlib.import_module(module), attribute)))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Names of commands and options; no command is loaded for its name."""
        # Imported here as only shells that complete need it.
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*map(CompletionItem, names), *options]
