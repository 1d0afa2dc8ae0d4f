"""The lines of a segment: an event with its signature, or a checkpoint. Layer: runtime. Pure.

Lines end with LF alone. `prev` binds every byte of the line before, of either kind, so that
no signature or checkpoint can be exchanged unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from wilkc.core.canonical import sha256_hex
from wilkc.core.encoding import from_base64, is_hex, to_base64
from wilkc.core.subset import MAX_DEPTH, encode_subset, parse_subset
from wilkc.runtime.audit.note import RESERVED_ORIGIN
from wilkc.runtime.audit.plain import read_plain
from wilkc.runtime.audit.record import check_event
from wilkc.runtime.keys.sign import SIGNATURE_BYTES

MAX_EVENT_BYTES: Final = 60_000
MAX_LINE_BYTES: Final = 65_535
NO_LINE: Final = "0" * 64
"""`prev` of the first line of a log."""
_EVENT_START: Final = b'{"event":'
_UNSIGNED_END: Final = b',"sig":null}'
_SIGNED_END: Final = len(b',"sig":""}') + len(to_base64(bytes(SIGNATURE_BYTES)))


class EventLine(NamedTuple):
    """A record as stored: its value, its exact bytes, and its signature or None."""

    event: dict[str, Any]
    stored: bytes
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """A checkpoint as stored: the signed note, and the hash of the line before."""

    note: str
    prev: str


def line_hash(line: bytes) -> str:
    """What the next line's `prev` must be: SHA-256 of a line without its LF."""
    return sha256_hex(line)


def signing_input(origin: str, leaf: bytes) -> bytes:
    """What the signature of an event covers."""
    return f"{RESERVED_ORIGIN}\n{origin}\n".encode() + leaf


def event_line(stored: bytes, signature: bytes | None) -> bytes:
    """The line of an encoded event, without its LF."""
    if signature is None:
        return _EVENT_START + stored + _UNSIGNED_END
    return _EVENT_START + stored + b',"sig":"' + to_base64(signature).encode() + b'"}'


def checkpoint_line(note: str, prev: str) -> bytes:
    """The line of a signed checkpoint, without its LF."""
    return encode_subset({"checkpoint": note, "prev": prev})


def parse_line(line: bytes) -> EventLine | CheckpointLine:
    """Read one line without its LF. Nothing is verified but its form.

    Raises:
        ValueError: it is too long, not canonical, or of neither kind.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"the line is longer than {MAX_LINE_BYTES} bytes")
    value = parse_subset(line, max_depth=MAX_DEPTH + 1)
    members = set(value) if isinstance(value, dict) else set()
    if members == {"event", "sig"} and isinstance(value["event"], dict):
        return _event(line, value["event"], value["sig"])
    if members == {"checkpoint", "prev"} and isinstance(value["checkpoint"], str):
        if not is_hex(value["prev"], len(NO_LINE)):
            raise ValueError("`prev` is no digest")
        return CheckpointLine(value["checkpoint"], value["prev"])
    raise ValueError("the line is neither an event nor a checkpoint")


def read_line(line: bytes) -> EventLine | CheckpointLine:
    """Read one line without its LF, and require that an event is a well-formed record.

    Raises:
        ValueError: the line is malformed, see `parse_line`, or the record is.
    """
    if len(line) <= MAX_LINE_BYTES:
        plain = read_plain(line)
        if plain is not None:
            return _event(line, *plain)
    parsed = parse_line(line)
    if isinstance(parsed, EventLine):
        check_event(parsed.event)
    return parsed


def stored_of(line: bytes) -> bytes | None:
    """An event's exact bytes, cut out of its line unparsed; None for any other line."""
    if not line.startswith(_EVENT_START):
        return None
    end = len(_UNSIGNED_END) if line.endswith(_UNSIGNED_END) else _SIGNED_END
    return line[len(_EVENT_START) : -end]


def _event(line: bytes, event: dict[str, Any], encoded: Any) -> EventLine:
    if encoded is None:
        signature, end = None, len(_UNSIGNED_END)
    elif isinstance(encoded, str):
        signature, end = from_base64(encoded, length=SIGNATURE_BYTES), _SIGNED_END
    else:
        raise ValueError("the signature is neither text nor null")
    # The whole line is canonical, so what stands between is the encoding of the event.
    stored = line[len(_EVENT_START) : -end]
    if len(stored) > MAX_EVENT_BYTES:
        raise ValueError(f"the event is longer than {MAX_EVENT_BYTES} bytes")
    return EventLine(event, stored, signature)
