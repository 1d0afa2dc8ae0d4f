"""What OPA says on its way: kept in part, and searched for what must not be. Layer: opa (pure)."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Final

MAX_LINE_BYTES: Final = 65_536
_KEPT: Final = 20
_UNKNOWN_OPTION: Final = "unknown configuration option"
_SEVERE: Final = frozenset({"error", "fatal", "panic"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of OPA's log.

    Attributes:
        text: for a person.
        severe: OPA calls it an error, or wrote it before it could log properly.
        fatal: OPA must not run on, whatever it thinks of this itself.
    """

    text: str
    severe: bool
    fatal: bool


def parse_line(raw: bytes) -> Line:
    """Read a line: JSON, or plain text where OPA failed before its log was set up."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return Line(text.removeprefix("error: "), severe=True, fatal=False)
    message = str(entry.get("msg", ""))
    cause = entry.get("err")
    words = f"{message.rstrip('.')}: {cause}" if cause else message
    severe = entry.get("level") in _SEVERE
    return Line(words, severe, fatal=_UNKNOWN_OPTION in message)


class Log:
    """The last severe lines of one run of OPA."""

    def __init__(self) -> None:
        self._severe: deque[str] = deque(maxlen=_KEPT)

    def add(self, raw: bytes) -> Line:
        """Take in a line."""
        line = parse_line(raw)
        if line.text and (line.severe or line.fatal):
            self._severe.append(line.text)
        return line

    def words(self) -> str:
        """What OPA said of its end: the first line that tells, for others follow from it."""
        return next(iter(self._severe), "it said nothing")
