"""Opening an identity for a command. Layer: cli."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.cli.grants.means import person_name
from wilkc.cli.recording import open_recorder
from wilkc.core.errors import UsageError
from wilkc.identity import Identity
from wilkc.identity.identity import MAX_CREDENTIAL
from wilkc.opa.sources.web import WebSource, parse_address
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.record import Actor
from wilkc.runtime.failed_logins import failure_recorder
from wilkc.runtime.keys.secrets import read_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.identity import Reader


class _Fetched:
    """Keys of an issuer at an https address."""

    def __init__(self, address: str) -> None:
        self._source = WebSource(parse_address(address), pause_seconds=0)

    def read(self) -> bytes | None:
        """See `Reader`."""
        return next((offer.data for offer in self._source.look()), None)


def fetched(address: str) -> Reader:
    """The reader of keys at an https address.

    Raises:
        UsageError: it is no such address.
    """
    if not address.startswith("https://"):
        raise UsageError(f"`{address}` is not https")
    return _Fetched(address)


@contextmanager
def opened_identity(folder: Path, audit: str | None) -> Iterator[Identity]:
    """An identity whose failures go on record, until the context ends.

    Args:
        folder: of the identity.
        audit: folder of the log.

    Raises:
        UsageError: no log is named.
        UnavailableError: the identity or the log cannot be opened.
    """
    if audit is None:
        raise UsageError(
            "failures to authenticate go on record", help_text="name the log by `--audit DIR`"
        )
    with open_recorder(audit, None, None) as logger:
        identity = Identity(folder, remote=fetched, tell=failure_recorder(logger))
        try:
            yield identity
        finally:
            identity.close()


def change_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--audit` and `--by`, which every change of an identity needs."""
    audit = click.option("--audit", required=True, metavar="DIR", help="Log that it goes to.")
    by = click.option("--by", metavar="NAME", help="Who does this; default: the user's name.")
    return audit(by(command))


def secret_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--from`: secrets stand in no argument, which other users of a host can read."""
    return click.option(
        "--from", "place", required=True, metavar="FILE",
        help="Holds the secret in its first line, closed to others; `-` is standard input.",
    )(command)  # fmt: skip


def shown_secret(place: str) -> str:
    """The secret that `--from` names.

    Raises:
        VerificationError: the file is missing, open to others, or empty.
    """
    if place == "-":
        return sys.stdin.readline(MAX_CREDENTIAL + 2).rstrip("\r\n")
    return read_secret(Path(place), "credential", MAX_CREDENTIAL + 2).decode("ascii", "replace")


def caller() -> str:
    """Who failures of a command are counted by."""
    return f"uid {os.getuid()}"


Note = Callable[[str, str, str], None]


@contextmanager
def changing(directory: str, audit: str, by: str | None) -> Iterator[tuple[Identity, Note]]:
    """An identity to change, and what puts a change on record: action, resource, principal.

    Raises:
        UsageError: there is no log, or nobody is named.
        UnavailableError: the identity or the log cannot be opened.
    """
    person = person_name(by)
    with open_recorder(audit, None, None) as logger:
        identity = Identity(Path(directory), remote=fetched, tell=failure_recorder(logger))

        def note(action: str, resource: str, principal: str) -> None:
            logger.system(
                Event(
                    type="config.modify",
                    resource=f"identity:{resource}",
                    actor=Actor("user", person),
                    details={"action": action, "principal": principal},
                )
            )

        try:
            yield identity, note
        finally:
            identity.close()
