"""Reading what is sealed, by who holds the keys, and only after that is on record. Layer: runtime.

Whoever can open the keys could do so without Wilk; what is promised is that these calls leave a
record each, by name and with a reason, and that nothing is given before it is durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.record import Actor
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.keys import KeyStore

ACCESS: Final = "config.access"
LOOKED_UP: Final = "subject.lookup"
OPENED: Final = "query.open"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.

    Attributes:
        by: the person who reads; a token takes the place of the name on record.
        reason: why, which is sealed.
    """

    by: str
    reason: str

    def check(self) -> None:
        """Require both.

        Raises:
            UsageError: one is empty.
        """
        if not self.by.strip() or not self.reason.strip():
            raise UsageError("who reads, and why, must be said: it goes on record")


def token_of(logger: AuditLogger, person: str, reader: Reader) -> str:
    """The token that stands for a person on record.

    That it was asked for is on record first, also where there is none.

    Args:
        logger: the log.
        person: id of the person, as callers of the log name them.
        reader: who asks.

    Raises:
        UsageError: nothing is kept about such a person, or it is not said who asks.
        UnavailableError: it could not be recorded.
        VerificationError: a key is missing.
    """
    reader.check()
    token = logger.means.keys.data.token(person)
    details = {"action": LOOKED_UP, "count": int(token is not None)}
    # Who is unknown gets no token by being asked for.
    logger.system(_access(logger, reader, details, person if token is not None else None))
    if token is None:
        raise UsageError(
            "nothing is kept about such a person",
            help_text="name the person by the id that the records were made with",
        )
    return token


def record_opening(logger: AuditLogger, reader: Reader, wanted: Mapping[str, Any]) -> None:
    """Put on record that sealed content is about to be read.

    Args:
        logger: the log.
        reader: who reads.
        wanted: which records, which is sealed.

    Raises:
        UsageError: it is not said who reads.
        UnavailableError: it could not be recorded; nothing may be read.
        VerificationError: a key is missing.
    """
    reader.check()
    logger.system(_access(logger, reader, {"action": OPENED}, None, wanted=dict(wanted)))


def opened(record: Mapping[str, Any], keys: KeyStore, directory: Path) -> dict[str, Any]:
    """A record with what is sealed in it, as `opened`: member path to text.

    What does not open, since its key was destroyed or a byte was changed, is None.
    """
    found: dict[str, str | None] = {}
    for path in sorted(record["sealed"]):
        try:
            found[path] = open_member(record, path, keys, directory).decode("utf-8", "replace")
        except (VerificationError, ValueError):
            found[path] = None
    return {**record, "opened": found}


def _access(
    logger: AuditLogger,
    reader: Reader,
    details: Mapping[str, Any],
    person: str | None,
    **secret: Any,
) -> Event:
    return Event(
        type=ACCESS,
        resource=f"log:{logger.origin}",
        actor=Actor("user", reader.by),
        details=details,
        person=person,
        secret={"reason": reader.reason, **secret},
    )
