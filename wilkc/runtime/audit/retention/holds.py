"""Legal holds: what must neither be pruned, expired nor shredded. Layer: runtime.

A hold is two records of the log itself, `hold.placed` and `hold.released`, and nothing else:
no file beside the log can lift one. Whoever destroys something reads them by `trusted_holds`,
which verifies the whole log: else who can write its directory could release what is held. A
hold that cannot be understood stops everything, as it may have meant anything.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention.scan import found_records
from wilkc.runtime.audit.retention.stub import only_one
from wilkc.runtime.audit.trusted import read_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger, Receipt

PLACED: Final = "hold.placed"
RELEASED: Final = "hold.released"
_MARKS: Final = (b'"type":"hold.placed"', b'"type":"hold.released"')
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}", re.ASCII)
_SUBJECT: Final = re.compile(r"s_[0-9a-f]{32}", re.ASCII)
_RANDOM_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Selector:
    """What a hold is about; all that is given must agree, and at least one thing is given.

    Attributes:
        agent: id of an agent, or None for any actor.
        first: number of the first record, or None for the first of the log.
        last: number of the last record, or None for all that are still to come.
        subject: token of a person, `s_` and 32 hexadecimal digits, or None for anybody.
    """

    agent: str | None = None
    first: int | None = None
    last: int | None = None
    subject: str | None = None

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is held."""
        actor = record["actor"]
        return (
            self.agent in (None, actor["id"] if actor["type"] == "agent" else None)
            and (self.first is None or record["seq"] >= self.first)
            and (self.last is None or record["seq"] <= self.last)
            and self.subject in (None, record["subject"])
        )

    def check(self) -> None:
        """Require that it selects something that a person can mean.

        Raises:
            ValueError: it is empty or contradicts itself.
        """
        if self == Selector():
            raise ValueError("a hold names a range, an agent or a subject")
        if self.agent == "":
            raise ValueError("the agent of a hold has no name")
        if min(self.first or 0, self.last or 0) < 0:
            raise ValueError("records are numbered from 0")
        if self.last is not None and self.last < (self.first or 0):
            raise ValueError("the last record of a hold comes before the first")
        if self.subject is not None and not _SUBJECT.fullmatch(self.subject):
            raise ValueError("a subject's token is `s_` and 32 hexadecimal digits")


@dataclass(frozen=True, slots=True)
class _Details:
    id: str
    selector: Selector


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that was placed and not released.

    Attributes:
        id: its name.
        selector: what it is about.
        seq: number of its record, which is kept as long as the hold lasts.
        placed: time of its record.
    """

    id: str
    selector: Selector
    seq: int
    placed: str

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a record must be kept: one that is selected, or the hold's own."""
        return record["seq"] == self.seq or self.selector.matches(record)


@dataclass(frozen=True, slots=True)
class HoldBook:
    """What a log says of holds.

    Attributes:
        active: those in force, in the order they were placed.
        placed: names whose placing is still on record.
        used: every name that is on record.
    """

    active: tuple[Hold, ...]
    placed: frozenset[str]
    used: frozenset[str]

    def keeps(self, record: Mapping[str, Any]) -> bool:
        """Whether a record must not be pruned.

        A release must not go before what it releases, which would be in force again.
        """
        if any(hold.holds(record) for hold in self.active):
            return True
        return _hold_named(record, RELEASED) in self.placed

    def without(self, records: Iterable[Mapping[str, Any]]) -> HoldBook:
        """The same once some records of holds that are over are pruned."""
        gone = {_hold_named(record, PLACED) for record in records}
        return replace(self, placed=frozenset(name for name in self.placed if name not in gone))


def _hold_named(record: Mapping[str, Any], kind: str) -> str | None:
    """The hold that a record of this kind is of, or None if it is none."""
    own = record["phase"] == "system" and record["action"]["type"] == kind
    return _hold_of(record).id if own else None


def active_holds(directory: Path) -> tuple[Hold, ...]:
    """The holds of a log that were not released, in the order they were placed.

    Args:
        directory: of the log, which is read and not verified.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a record of a hold is malformed.
    """
    return read_holds(directory).active


def trusted_holds(logger: AuditLogger) -> HoldBook:
    """Everything that a log says of holds, once all of it verifies.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: the log does not verify, or a record of a hold is malformed.
        UnavailableError: it cannot be covered by a checkpoint.
    """
    reader = HoldReader()
    read_trusted(logger, reader.take)
    return reader.book()


def holds_on_subject(logger: AuditLogger, subject: str) -> tuple[Hold, ...]:
    """The active holds that forbid to destroy a person's keys; the whole log is verified.

    Args:
        logger: the opened log.
        subject: the person's token.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: the log does not verify, or a record of a hold is malformed.
        UnavailableError: it cannot be covered by a checkpoint.
    """
    active = trusted_holds(logger).active
    named = {hold.id: hold for hold in active if hold.selector.subject == subject}
    others = [hold for hold in active if hold.selector.subject is None]

    def take(record: Mapping[str, Any]) -> None:
        if record["subject"] == subject:
            named.update({hold.id: hold for hold in others if hold.holds(record)})

    if others:
        read_trusted(logger, take)
    return tuple(sorted(named.values(), key=lambda hold: hold.seq))


def place_hold(
    logger: AuditLogger, directory: Path, selector: Selector, hold_id: str | None = None
) -> tuple[str, Receipt]:
    """Put a hold on record; it is in force when this returns.

    Args:
        logger: the opened log.
        directory: where it is.
        selector: what to hold.
        hold_id: its name; None makes one.

    Returns:
        The hold's name, and its record.

    Raises:
        UsageError: the selector or the name is malformed, or the name was used before.
        UnavailableError: it could not be recorded.
        VerificationError: the log was tampered with, or a key is missing.
    """
    if hold_id is None:
        hold_id = f"hold-{os.urandom(_RANDOM_BYTES).hex()}"
    try:
        selector.check()
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not _ID.fullmatch(hold_id):
        raise UsageError(
            f"`{hold_id}` cannot name a hold",
            help_text="write up to 64 lower-case letters, digits and `_.:-`",
        )
    if hold_id in read_holds(directory).used:
        raise UsageError(
            f"a hold `{hold_id}` was placed before", help_text="names are never used again"
        )
    details = to_json(_Details(hold_id, selector))
    try:
        # Whoever looked before at what is held has let go of the rest when this begins.
        with only_one(logger.means, wait=True):
            return hold_id, logger.system(_event(logger, PLACED, details))
    except OSError as error:
        raise unavailable(error, directory) from error


def release_hold(logger: AuditLogger, directory: Path, hold_id: str) -> Receipt:
    """Put on record that a hold is over.

    Raises:
        UsageError: no such hold is in force.
        UnavailableError: it could not be recorded.
        VerificationError: the log was tampered with, or a key is missing.
    """
    hold = next((one for one in active_holds(directory) if one.id == hold_id), None)
    if hold is None:
        raise UsageError(
            f"no hold `{hold_id}` is in force", help_text="see them by `wilkc audit hold list`"
        )
    details = to_json(_Details(hold_id, hold.selector))
    return logger.system(_event(logger, RELEASED, details))


def _event(logger: AuditLogger, kind: str, details: Mapping[str, Any]) -> Event:
    return Event(
        type=kind, resource=f"log:{logger.origin}", actor=WILK, details=details, clear=True
    )  # fmt: skip


def read_holds(directory: Path) -> HoldBook:
    """Everything that a log, which is read and not verified, says of holds.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a record of a hold is malformed.
    """
    reader = HoldReader()
    for record in found_records(directory, _MARKS):
        reader.take(record)
    return reader.book()


@dataclass(slots=True)
class HoldReader:
    """Gathers what the records of a log, given in order, say of holds."""

    _active: list[Hold] = field(default_factory=list)
    _placed: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)

    def take(self, record: Mapping[str, Any]) -> None:
        """Look at the next record.

        Raises:
            VerificationError: it is of a hold, and malformed.
        """
        kind = record["action"]["type"]
        if record["phase"] != "system" or kind not in {PLACED, RELEASED}:
            return
        hold = _hold_of(record)
        self._used.add(hold.id)
        if kind == PLACED:
            self._active.append(hold)
            self._placed.add(hold.id)
        else:
            self._active = [one for one in self._active if one.id != hold.id]

    def book(self) -> HoldBook:
        """What was gathered."""
        return HoldBook(tuple(self._active), frozenset(self._placed), frozenset(self._used))


def _hold_of(record: Mapping[str, Any]) -> Hold:
    try:
        details = from_json(_Details, record["action"]["details"], "hold")
        details.selector.check()
    except ValueError as error:
        raise VerificationError(
            f"the hold of record {record['seq']} is malformed: {error}"
        ) from error
    return Hold(details.id, details.selector, record["seq"], record["ts"])
