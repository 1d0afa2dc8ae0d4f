"""Lines of what runs until it is ended. Layer: cli."""

from __future__ import annotations

import contextlib

import click

from wilkc.cli.decision_text import printable


def log_line(text: str, *, err: bool = True) -> None:
    """Write a line of a service's log, or none where it cannot be written.

    A full disk or a reader that is gone must neither end the service nor one of its threads.

    Args:
        text: shown as one line: it may quote what somebody else offered, and no line of it may
            look like one of ours.
        err: whether it belongs to the standard error.
    """
    with contextlib.suppress(OSError):
        click.echo(printable(text), err=err)
