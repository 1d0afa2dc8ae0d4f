"""When the log and its backup were last found in order. Layer: runtime.

Kept beside the keys: were it read from the records, whoever can write the log's directory
could say that all was verified just now, and nothing would be.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.canonical import canonical_json
from wilkc.core.plain_files import read_plain
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.disk import place_of

if TYPE_CHECKING:
    from wilkc.runtime.audit.means import Means

Kind = Literal["log", "restore"]
"""The log was verified; the backup was, and opens."""
FORMAT: Final = "wilk.checked/v1"
FILE: Final = "checked.json"
_MAX_BYTES: Final = 4096


def is_due(means: Means, kind: Kind, days: int) -> bool:
    """Whether it was not found in order for so many days, as far as is known here."""
    last = _read(means).get(kind, "")
    now = datetime.fromtimestamp(means.clock.wall_us() / 1_000_000, UTC)
    # A time to come says nothing of today.
    return not f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%S}" <= last <= means.now()


def note_in_order(means: Means, kind: Kind) -> None:
    """Note that it was found in order now.

    Raises:
        UnavailableError: the disk refuses.
    """
    noted = {**_read(means), kind: means.now(), "v": FORMAT}
    path = place_of(means.keys.directory, FILE)
    try:
        means.disk.put_file(path, canonical_json(noted), durable="content")
    except OSError as error:
        raise unavailable(error, means.keys.directory) from error


def _read(means: Means) -> dict[str, str]:
    """What was noted; nothing where it cannot be read, so that everything is due."""
    try:
        noted = decode_json(read_plain(place_of(means.keys.directory, FILE), _MAX_BYTES))
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict) or noted.get("v") != FORMAT:
        return {}
    return {name: text for name, text in noted.items() if isinstance(text, str)}
