"""What OPA's log tells of a failed start."""

from __future__ import annotations

import pytest

from wilkc.opa.log import Log, parse_line


@pytest.mark.parametrize(
    ("raw", "text", "severe", "fatal"),
    [
        (b'{"level":"info","msg":"Initializing server."}\n', "Initializing server.", False, False),
        (
            b'{"level":"error","msg":"Unable to create listeners.","err":"bind: no"}\n',
            "Unable to create listeners: bind: no",
            True,
            False,
        ),
        (b"error: config error: no\n", "config error: no", True, False),
        (b"panic: oh\n", "panic: oh", True, False),
        (b"\xff\n", "\ufffd", True, False),
        (
            b'{"level":"warning","msg":"unknown configuration option \\"x\\" encountered"}',
            'unknown configuration option "x" encountered',
            False,
            True,
        ),
        (b"[1]\n", "[1]", True, False),
    ],
)
def test_lines(raw: bytes, text: str, severe: bool, fatal: bool) -> None:
    found = parse_line(raw)
    assert (found.text, found.severe, found.fatal) == (text, severe, fatal)


def test_the_first_severe_line_tells() -> None:
    log = Log()
    for raw in (b'{"level":"info","msg":"x"}', b"error: first\n", b"error: second\n", b"\n"):
        log.add(raw)
    assert log.words() == "first"


def test_silence_is_said_to_be_silence() -> None:
    assert Log().words() == "it said nothing"
