"""`wilkc rules`: every diagnostic code explained. Layer: cli."""

from __future__ import annotations

import click

from wilkc.core.codes import CODES, Code
from wilkc.core.errors import UsageError


@click.command()
@click.argument("code", required=False)
def rules(code: str | None) -> None:
    """Explain the diagnostic CODE, or list all codes."""
    if code is None:
        for one in CODES.values():
            click.echo(f"{one.id}  {one.title}")
        return
    found = CODES.get(code.upper())
    if found is None:
        raise UsageError(f"there is no code `{code}`", help_text="`wilkc rules` lists them all")
    click.echo(page(found))


def page(code: Code) -> str:
    """The reference page of a code."""
    fix = f"\n\nfix\n    {code.fix}" if code.fix else ""
    return (
        f"{code.id}: {code.title}\n\n{code.why}\n\n"
        f"before\n{_indented(code.before)}\n\nafter\n{_indented(code.after)}{fix}"
    )


def _indented(text: str) -> str:
    """An example with what cannot be printed made visible."""
    shown = "".join(char if char.isprintable() or char == "\n" else "·" for char in text)
    return "\n".join(f"    {line}" for line in shown.rstrip("\n").split("\n"))
