"""Reading records for a person, without verifying them. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import EventLine, read_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


def unverified_records(directory: Path) -> Iterator[dict[str, Any]]:
    """The records of a log in order. Only their form is checked: `verify` first.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a line is no record.
    """
    try:
        segments = list_segments(directory)
        if not segments:
            raise UsageError(f"there is no audit log at `{directory}`")
        for _, path in segments:
            yield from segment_records(path)
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def as_seed_event(record: Mapping[str, Any], signature: str | None = None) -> dict[str, Any]:
    """A record in exactly the shape of the permission model's own audit event.

    Args:
        record: the record.
        signature: base64 of its signature, which stands beside a record and not inside.
    """
    context, result, security = record["context"], record["result"], record["security"]
    return {
        "id": record["id"],
        "timestamp": record["ts"],
        "actor": dict(record["actor"]),
        "action": dict(record["action"]),
        "context": {
            name: context[name] for name in ("session_id", "ip_address", "user_agent", "request_id")
        },
        "result": dict(result),
        "security": {
            "risk_level": security["risk_level"],
            "compliance_tags": list(security["compliance_tags"]),
            "signature": signature,
        },
    }


def segment_records(path: Path, marks: Sequence[bytes] = ()) -> Iterator[dict[str, Any]]:
    """The records of one segment whose line holds one of the marks; all without marks.

    Raises:
        OSError: it cannot be read.
        VerificationError: such a line is no record.
    """
    with path.open("rb") as file:
        for frame in read_frames(file):
            wanted = not marks or any(mark in frame.line for mark in marks)
            if not frame.ended or not wanted:
                continue
            try:
                line = read_line(frame.line)
            except ValueError as error:
                place = f"`{path.name}`, byte {frame.offset}"
                raise VerificationError(f"{place} is no record: {error}") from error
            if isinstance(line, EventLine):
                yield line.event
