"""Running the rules over a log that is written. Layer: runtime. Reads the log, writes to it.

It runs after the commit and delays no decision. The place and what is known are kept beside
the log's keys, so that one detector works on a log at a time and none of its state can be
changed by who has the log alone. Killed between any two steps, the next run finds the
violations that are on record already, since they stand after the kept place.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.locks import lock_file
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit import START, Cursor, Event, follow
from wilkc.runtime.audit.own import SETTINGS_RESOURCE, WILK
from wilkc.runtime.compliance.judging import Judge
from wilkc.runtime.compliance.rule import details_of, text_in
from wilkc.runtime.compliance.rules import BY_ID
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.core.audit_settings import AuditSettings
    from wilkc.runtime.audit import AuditLogger
    from wilkc.runtime.compliance.rule import Violation

FORMAT: Final = "wilk.compliance/v2"
_BEFORE: Final = "wilk.compliance/v1"
"""Of rules that knew less. Their place is given up: what they found is on record."""
STATE_FILE: Final = "compliance.json"
LOCK_FILE: Final = "compliance.lock"
VIOLATION: Final = "compliance.violation"
BATCH: Final = 1000
"""Records after which the place is kept."""


def detect(
    logger: AuditLogger, directory: Path, keys: Path, disk: Disk | None = None
) -> list[Violation]:
    """Judge the records since the last time, and put each new violation on record.

    Args:
        logger: writes the violations.
        directory: of the log.
        keys: its key directory, where the place is kept.
        disk: where to write; the real disk if left out.

    Returns:
        The new violations, in the order of the log.

    Raises:
        UnavailableError: another detector is at work, or the place cannot be kept.
        VerificationError: the log was cut or changed before the kept place, or that is damaged.
    """
    disk = disk or Disk()
    with _locked(keys, disk):
        cursor, judge = _load(keys)
        known, declared = _recorded(directory, cursor)
        settings = logger.means.settings
        if (declared or judge.known.settings) != settings.digest():
            logger.system(settings_event(settings))
        found: list[Violation] = []
        for number, step in enumerate(follow(directory, cursor), start=1):
            for violation in judge.take(step.record):
                if violation.id not in known:
                    _record(logger, violation)
                    known.add(violation.id)
                    found.append(violation)
            cursor = step.cursor
            if number % BATCH == 0:
                _save(keys, cursor, judge, disk)
        _save(keys, cursor, judge, disk)
        return found


def settings_event(settings: AuditSettings) -> Event:
    """The record that says by which settings a log is written."""
    return Event(
        type="config.modify",
        resource=SETTINGS_RESOURCE,
        actor=WILK,
        details={
            "clear_details": sorted(settings.clear_details),
            "content_days": asdict(settings.content_days),
            "kek_overlap_days": settings.kek_overlap_days,
            "key_rotation_days": settings.key_rotation_days,
            "levels": asdict(settings.levels),
            "record_input": settings.record_input,
            "retention_days": settings.retention_days,
            "sample_permille": settings.sample_permille,
            "seal_resources": settings.seal_resources,
            "settings": settings.digest(),
        },
        clear=True,
    )


def _recorded(directory: Path, cursor: Cursor) -> tuple[set[str], str]:
    """Violations that are on record after a place, and the settings declared there last."""
    known, declared = set(), ""
    for step in follow(directory, cursor):
        action = step.record["action"]
        if action["type"] == VIOLATION:
            known.add(step.record["id"])
        elif action["resource"] == SETTINGS_RESOURCE:
            declared = text_in(details_of(step.record), "settings")
    return known, declared


def _record(logger: AuditLogger, violation: Violation) -> None:
    rule = BY_ID[violation.rule]
    event = Event(
        type=VIOLATION,
        resource=f"record:{violation.seq}",
        actor=WILK,
        status="warning",
        ref=violation.ref,
        details={
            "at": violation.at,
            "controls": list(rule.controls),
            "rule": rule.id,
            "seq": violation.seq,
            "severity": rule.severity,
            "version": rule.version,
        },
        clear=True,
    )
    logger.system(event, record_id=violation.id)


def _load(keys: Path) -> tuple[Cursor, Judge]:
    path = keys / STATE_FILE
    try:
        return _read(decode_json(path.read_bytes()))
    except FileNotFoundError:
        return START, Judge()
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise VerificationError(
            f"the place of the rules `{path}` is damaged: {error}",
            help_text="remove it, and the rules judge the whole log again",
        ) from error


def _read(value: Any) -> tuple[Cursor, Judge]:
    found = value.get("v") if isinstance(value, dict) else None
    if found == _BEFORE:
        return START, Judge()
    if found != FORMAT:
        raise ValueError("it is of another format")
    return Cursor(**value["cursor"]), Judge.from_json(value["judge"])


def _save(keys: Path, cursor: Cursor, judge: Judge, disk: Disk) -> None:
    state: dict[str, Any] = {"cursor": asdict(cursor), "judge": judge.as_json(), "v": FORMAT}
    path = keys / STATE_FILE
    try:
        disk.put_file(path, canonical_json(state), durable="content")
    except OSError as error:
        raise UnavailableError(f"cannot write `{path}`: {error.strerror}") from error


@contextmanager
def _locked(keys: Path, disk: Disk) -> Iterator[None]:
    path = keys / LOCK_FILE
    busy = UnavailableError("the rules are at work on this log already")
    try:
        fd = lock_file(path, lambda _: busy, opening=disk.open)
    except OSError as error:
        raise UnavailableError(f"cannot lock `{path}`: {error.strerror}") from error
    try:
        yield
    finally:
        disk.close(fd)
