"""`wilkc audit query` and `tail`: what they show, to whom, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import select
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc
from wilkc.core.contract import Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "=cmd|' /C calc'!A0\x1b[31m\u202e,\"x\"\r\n"
REQUEST = Request("reviewer", "read", "file", "./a")
DENY = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)


def _wilkc(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run_wilkc("audit", *arguments)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A log with an ordinary and a hostile record."""
    made = Places(tmp_path / "a log", tmp_path / "keys", tmp_path / "prov", tmp_path / "root")
    create_log(made, "example.org/reading/test", SETTINGS)
    with _open(made) as logger:
        logger.intent(REQUEST, DENY)
        logger.intent(replace(REQUEST, agent=HOSTILE, id=HOSTILE), DENY)
    return made


def _open(places: Places) -> AuditLogger:
    return AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SETTINGS
    )


def test_no_record_controls_a_terminal_or_a_spreadsheet(places: Places) -> None:
    for form in ("table", "csv", "json"):
        for command in ("query", "tail"):
            done = _wilkc(command, places.directory, "-f", form)
            assert done.returncode == 0, done.stderr
            assert "\x1b" not in done.stdout
            assert "\u202e" not in done.stdout
    rows = list(csv.reader(io.StringIO(_wilkc("query", places.directory, "-f", "csv").stdout)))
    hostile = dict(zip(rows[0], rows[-1], strict=True))
    assert hostile["actor"].startswith("'=cmd")
    last = json.loads(_wilkc("query", places.directory, "-f", "json").stdout.splitlines()[-1])
    assert last["actor"]["id"] == HOSTILE


def test_query_finds_by_index_and_without(places: Places, tmp_path: Path) -> None:
    for more in ((), ("--exhaustive",), ("--index", tmp_path / "elsewhere")):
        done = _wilkc("query", places.directory, "--agent", "reviewer", "-f", "json", *more)
        (line,) = done.stdout.splitlines()
        assert json.loads(line)["seq"] == 1
    assert (tmp_path / "elsewhere").is_file()
    limited = _wilkc("query", places.directory, "--decision", "deny", "--limit", "1")
    assert len(limited.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--since", "yesterday"), 2, "is no time"),
        (("--limit", "0"), 2, "0 is not in the range"),
        (("--risk", "huge"), 2, "huge"),
        (("--index", "/proc/none"), 2, "cannot be used"),
    ],
)
def test_what_makes_no_sense_is_refused(
    places: Places, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = _wilkc("query", places.directory, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_tail_with_a_cursor_gives_each_record_once(places: Places, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    call = ("tail", places.directory, "--cursor", cursor, "-f", "json")
    first = [json.loads(line)["seq"] for line in _wilkc(*call).stdout.splitlines()]
    assert _wilkc(*call).stdout == ""
    with _open(places) as logger:
        logger.intent(REQUEST, DENY)
    second = [json.loads(line)["seq"] for line in _wilkc(*call).stdout.splitlines()]
    assert [*first, *second] == list(range(len(first) + len(second)))
    segment = next(places.directory.glob("seg-*"))
    segment.write_bytes(segment.read_bytes()[:-700])
    done = _wilkc(*call)
    assert (done.returncode, done.stdout) == (5, "")
    assert "smaller" in done.stderr


def test_tail_follows_a_writer_at_work(places: Places) -> None:
    command = [sys.executable, "-m", "wilkc.cli.main", "audit", "tail", str(places.directory)]
    process = subprocess.Popen(
        [*command, "--follow", "-n", "0", "-f", "json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    written = []
    try:
        with _open(places) as logger:
            # What is written before `tail` has looked at the log's end is not new to it.
            while not select.select([process.stdout], [], [], 0.2)[0]:
                written.append(logger.intent(REQUEST, DENY).id)
            shown = json.loads(process.stdout.readline())["id"]
        assert shown in written
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
