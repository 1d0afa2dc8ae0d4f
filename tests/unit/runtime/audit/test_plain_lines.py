"""Lines that are read at one go: never one that the parser refuses, and never another value."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.audit.line import EventLine, parse_line, read_line
from wilkc.runtime.audit.plain import read_plain
from wilkc.runtime.audit.record import check_event

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20_261_129
CHANGES = 3_000
PIECES = [
    b"null", b"true", b"{}", b"[]", b'""', b"0", b"-0", b"01", b"1.0", b"1e3", b"9" * 15, b"9" * 16,
    b'"a"', b",", b":", b'"', b"\\", b"\\n", b"\\u000a", b"\\/", b" ", b"\n", b"\x00", b"\x7f",
    b"\xc3\xa9", "\u2028".encode(), b"\xed\xa0\x80", b"\xff", b'{"a":1}', b'{"a":[{"b":"}"}]}',
    b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'["soc2","gdpr"]', b'["gdpr","soc2"]', b'["a","a"]',
    b"intent", b"outcome", b"system", b"allow", b"=", b"==", b"A", b"B",
]  # fmt: skip


def _lines(log: Any) -> list[bytes]:
    return [line for path in log.segments() for line in path.read_bytes().split(b"\n")[:-1]]


def _parsed(line: bytes) -> EventLine | None:
    """What the parser makes of an event line; None for whatever is none."""
    try:
        parsed = parse_line(line)
        if not isinstance(parsed, EventLine):
            return None
        check_event(parsed.event)
    except ValueError:
        return None
    return parsed


def _order(value: Any) -> str:
    """A value's text, in which the order of its members shows."""
    return json.dumps(value)


def _agree(line: bytes) -> bool:
    """Whether a line is plain; if it is, the parser has to read the same."""
    plain, parsed = read_plain(line), _parsed(line)
    if plain is None:
        return False
    assert parsed is not None, line
    assert _order(plain[0]) == _order(parsed.event), line
    assert read_line(line) == parsed
    return True


def test_lines_of_a_log_are_read_as_the_parser_reads_them(full: Any) -> None:
    lines = [line for line in _lines(full) if line.startswith(b'{"event":')]
    plain = [_agree(line) for line in lines]
    # All but those whose texts hold a line's end: the headers, with certificates or keys.
    assert plain.count(True) >= len(lines) - 3
    assert all(read_line(line) == _parsed(line) for line in lines)


def test_no_changed_line_is_taken_that_the_parser_refuses(full: Any) -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    lines = [line for line in _lines(full) if line.startswith(b'{"event":')]
    taken = [_agree(_changed(chosen, chosen.choice(lines))) for _ in range(CHANGES)]
    assert min(taken.count(True), taken.count(False)) > CHANGES // 50


def _changed(chosen: random.Random, line: bytes) -> bytes:
    """A line in which one or two places are other than they were, mostly whole values."""
    for _ in range(chosen.choice([1, 1, 2])):
        marks = [at for at, byte in enumerate(line) if byte in b'{}[],:"']
        start = chosen.choice(marks) + chosen.randrange(2)
        if chosen.randrange(2):  # inside of a text, most likely
            start = chosen.randrange(len(line))
        later = [at for at in marks if at >= start]
        end = chosen.choice([start, start, start + 1, later[0] if later else start])
        line = line[:start] + chosen.choice([b"", *PIECES, line[start:end] * 2]) + line[end:]
    return line


def _set(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(event: dict[str, Any]) -> None:
        for name in path[:-1]:
            event = event[name]
        event[path[-1]] = to

    return change


def _envelope(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = event["sealed"]["input"]
    return found


REFUSED: dict[str, Callable[[dict[str, Any]], object]] = {
    "tags out of order": _set("security", "compliance_tags", to=["soc2", "gdpr"]),
    "a tag twice": _set("security", "compliance_tags", to=["soc2", "soc2"]),
    "an intent without decision": _set("decision", to=None),
    "an intent with a reference": lambda event: event.update(ref=event["id"]),
    "an outcome without one": lambda event: event.update(phase="outcome", decision=None),
    "a system record with a decision": _set("phase", to="system"),
    "an id that is no UUIDv7": _set("id", to="01972000-0000-4000-8000-000000000000"),
    "a level of risk that is none": _set("security", "risk_level", to="none"),
    "a class that is none": _set("class", to="other"),
    "a time with a comma": _set("ts", to="2026-11-29T10:00:00,000000Z"),
    "a month that is none": _set("ts", to="2026-13-29T10:00:00.000000Z"),
    "a number below zero": _set("seq", to=-1),
    "text for a number": _set("seq", to="1"),
    "a number for text": _set("action", "resource", to=1),
    "null for text": _set("actor", "id", to=None),
    "details that are a list": _set("action", "details", to=[]),
    "a member too many": _set("more", to=1),
    "a member of the actor too many": _set("actor", "more", to=1),
    "a member too few": lambda event: event.pop("subject"),
    "the name of no log": _set("log", to="one"),
    "the reserved name": _set("log", to="wilk.audit.event/v1"),
    "a subject that is no token": _set("subject", to="alice"),
    "a type in capitals": _set("action", "type", to="File.Read"),
    "content and blob": lambda event: _envelope(event).update(blob="0" * 64),
    "neither content nor blob": lambda event: _envelope(event).update(ct=None),
    "content that is another spelling": lambda event: _envelope(event).update(ct="AB=="),
    "content that is no base64": lambda event: _envelope(event).update(ct="A"),
    "content that is a number": lambda event: _envelope(event).update(ct=1),
    "a nonce that is too short": lambda event: _envelope(event).update(n="A" * 12),
    "another algorithm": lambda event: _envelope(event).update(alg="none"),
    "a key id that is too long": lambda event: _envelope(event).update(kid="0" * 33),
    "details nested too deeply": lambda event: event["action"].update(details=_deep(15)),
    "a key in capitals": _set("action", "details", to={"A": 1}),
    "a number with a fraction": _set("action", "details", to={"a": 1.5}),
    "a number of 54 bits": _set("action", "details", to={"a": 2**53}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_record_that_is_malformed_is_refused(name: str, full: Any) -> None:
    line, event = _intent(full)
    assert _agree(line)
    REFUSED[name](event)
    changed = _encoded(event)
    assert read_plain(changed) is None
    with pytest.raises(ValueError, match=r"."):
        read_line(changed)


def test_what_is_not_plain_is_read_all_the_same(full: Any) -> None:
    for resource in ('file:"a"', "file:a\\b", "file:a\nb"):
        _, event = _intent(full)
        event["action"]["resource"] = resource
        line = _encoded(event)
        assert read_plain(line) is None
        found = read_line(line)
        assert isinstance(found, EventLine)
        assert found.event["action"]["resource"] == resource


def test_what_a_plain_line_may_hold(full: Any) -> None:
    _, event = _intent(full)
    event["action"]["details"] = {"a": {"b": [{"c": "}"}, {}]}, "z": "{"}
    event["action"]["resource"] = "file:\u20ac\u2028\x7f{}[]"
    event["decision"]["conditions"] = ["one", "", "t,wo"]
    event["security"]["compliance_tags"] = ["gdpr", "soc2"]
    event["sealed"] = {
        "a": {**_envelope(event), "ct": "AA=="},
        "b": {**_envelope(event), "ct": None, "blob": "0" * 64},
    }
    assert _agree(_encoded(event))


def test_details_may_be_nested_as_deeply_as_in_any_record(full: Any) -> None:
    _, event = _intent(full)
    event["action"]["details"] = _deep(14)
    assert isinstance(read_line(_encoded(event)), EventLine)


def test_sealed_members_stand_in_order(full: Any) -> None:
    _, event = _intent(full)
    event["sealed"] = {"a": _envelope(event), "b": _envelope(event)}
    line = _encoded(event)
    assert _agree(line)
    for changed in (line.replace(b'"b":{"alg"', b'"a":{"alg"'), _swapped(line)):
        assert changed != line
        assert read_plain(changed) is None
        with pytest.raises(ValueError, match="canonical"):
            read_line(changed)


def _swapped(line: bytes) -> bytes:
    return line.replace(b'{"a":{"alg"', b'{"?":{"alg"').replace(
        b'"b":{"alg"', b'"a":{"alg"'
    ).replace(b'{"?":{"alg"', b'{"b":{"alg"')  # fmt: skip


def _deep(levels: int) -> Any:
    value: Any = {"a": 1}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def _intent(log: Any) -> tuple[bytes, dict[str, Any]]:
    """A line of an intent with a sealed member, and its record."""
    for line in _lines(log):
        parsed = _parsed(line)
        if parsed is not None and parsed.event["phase"] == "intent" and parsed.event["sealed"]:
            return line, parsed.event
    raise AssertionError("the log has no intent")


def _encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(
        {"event": event, "sig": None}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
