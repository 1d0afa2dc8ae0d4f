"""Intents whose outcome nobody will tell any more. Layer: runtime. Reads files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import EventLine, parse_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wilkc.runtime.audit.record import Draft
    from wilkc.runtime.audit.state import Pending


def ending_records(
    directory: Path,
    intents: Sequence[Pending],
    new_id: Callable[[], str],
    ending: Callable[[str, Mapping[str, Any]], Draft],
    *,
    unless: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> list[Draft]:
    """An outcome for each of these intents.

    What the state says of them is not trusted: each is read again from its segment, and one
    that is not there is passed over.

    Args:
        directory: of the log.
        intents: whose outcome nobody else will tell.
        new_id: makes record ids.
        ending: makes the outcome of a stored intent.
        unless: whether the missing outcome of a stored intent says nothing.
    """
    found = (_intent(directory, one) for one in intents)
    return [
        ending(new_id(), intent) for intent in found if intent is not None and not unless(intent)
    ]


def _intent(directory: Path, one: Pending) -> dict[str, Any] | None:
    segments = [path for first, path in list_segments(directory) if first <= one.seq]
    if segments:
        with open_plain(segments[-1]) as file:
            for frame in read_frames(file):
                event = _event(frame.line)
                if event and event.get("id") == one.id and event.get("phase") == "intent":
                    return event
    return None


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = parse_line(line)
    except ValueError:
        return None
    return parsed.event if isinstance(parsed, EventLine) else None
