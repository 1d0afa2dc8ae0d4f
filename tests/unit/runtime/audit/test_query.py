"""Finding records: the index agrees with reading all, and cannot lie."""

from __future__ import annotations

import csv
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.record_forms import record_lines
from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.query import (
    Filter,
    last_records,
    parse_time,
    query,
    scan,
    update_index,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def many(log: Any, request_: Any, allow: Any, deny: Any) -> Any:
    """A log of three agents, two segments."""
    with log.open() as logger:
        for agent in ("one", "two", "three"):
            asked = replace(request_, agent=agent)
            logger.intent(asked, allow).outcome("success")
            logger.intent(replace(asked, action="write"), deny)
            logger.roll()
    return log


def _seqs(records: Any) -> list[int]:
    return [one["seq"] for one in records]


def _filters(log: Any) -> list[Filter]:
    records = log.records()
    middle = records[len(records) // 2]["ts"]
    return [
        Filter(),
        Filter(actor="two"),
        Filter(action="file.read"),
        Filter(action="file.*"),
        Filter(action="file.*", actor="one", decision="deny"),
        Filter(decision="allow"),
        Filter(risk="medium"),
        Filter(risk="critical", profile="seed"),
        Filter(risk="high", profile="graded"),
        Filter(since=middle),
        Filter(until=middle),
        Filter(subject="s_" + "0" * 32),
    ]


def test_the_index_agrees_with_reading_all(many: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    stamp = update_index(many.directory, index)
    verified = many.verify()
    assert stamp.tree
    assert (stamp.cursor.seq, stamp.tree.root().hex()) == (verified.size, verified.root)
    for wanted in _filters(many):
        want = [one for one in many.records() if wanted.matches(one)]
        assert list(query(many.directory, index, wanted)) == want
        assert list(scan(many.directory, wanted)) == want
    assert _seqs(query(many.directory, index, Filter(actor="two"))) == [6, 7, 8]
    assert index.stat().st_mode & 0o777 == 0o600


def test_levels_of_risk_are_computed_anew(many: Any, tmp_path: Path) -> None:
    """Every plain refusal is critical by the seed profile, and medium on record."""
    index = tmp_path / "index"
    update_index(many.directory, index)
    denied = [
        one["seq"] for one in many.records() if one["decision"] and not one["decision"]["allow"]
    ]
    cases: list[tuple[Any, list[int]]] = [("seed", denied), ("graded", []), (None, [])]
    for profile, found in cases:
        wanted = Filter(risk="critical", profile=profile)
        assert _seqs(query(many.directory, index, wanted)) == found
        assert _seqs(scan(many.directory, wanted)) == found
    cells = list(csv.reader(record_lines(many.records(), "csv", "seed")))
    place = cells[0].index("risk")
    assert [int(row[0]) for row in cells[1:] if row[place] == "critical"] == denied


def test_the_index_goes_on_where_it_was(many: Any, filled: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(many.directory, index)
    with many.open() as logger:
        filled(logger)
    before = list(query(many.directory, index, Filter()))
    stamp = update_index(many.directory, index)
    found = list(query(many.directory, index, Filter()))
    assert found == many.records()
    assert len(found) > len(before)
    assert stamp.tree
    assert stamp.tree.root().hex() == many.verify().root


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE event SET offset = 0",
        "UPDATE event SET leaf = zeroblob(32)",
        "UPDATE event SET segment = 4",
        "UPDATE event SET offset = 1",
        "UPDATE event SET offset = 100000000",
    ],
)
def test_an_index_that_lies_about_places_is_refused(many: Any, tmp_path: Path, lie: str) -> None:
    index = tmp_path / "index"
    update_index(many.directory, index)
    with sqlite3.connect(index) as base:
        base.execute(lie)
    base.close()
    with pytest.raises(VerificationError, match="not in the log as the index says"):
        list(query(many.directory, index, Filter(actor="two")))


def test_an_index_that_lies_about_members_finds_nothing(many: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(many.directory, index)
    with sqlite3.connect(index) as base:
        base.execute("UPDATE event SET actor = 'two'")
    base.close()
    assert _seqs(query(many.directory, index, Filter(actor="two"))) == [6, 7, 8]


def test_a_log_that_is_another_one_is_refused(many: Any, make: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(many.directory, index)
    other = make(tmp_path / "other")
    with pytest.raises(VerificationError, match="ends before") as caught:
        update_index(other.directory, index)
    assert "remove" in caught.value.help_text


def test_a_damaged_index_is_refused_and_can_be_removed(many: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    index.write_bytes(b"no database at all" * 100)
    with pytest.raises(UsageError, match="cannot be used"):
        update_index(many.directory, index)
    index.unlink()
    update_index(many.directory, index)
    with sqlite3.connect(index) as base:
        base.execute("UPDATE stamp SET text = '{}'")
    base.close()
    with pytest.raises(UsageError, match="stamp of the index"):
        update_index(many.directory, index)
    with pytest.raises(UsageError, match="cannot be used"):
        update_index(many.directory, tmp_path / "no" / "index")


def test_the_newest_records_over_segments(many: Any) -> None:
    records = many.records()
    for count in (0, 1, 3, 9, 50):
        newest, cursor = last_records(many.directory, count, Filter())
        assert newest == records[len(records) - min(count, len(records)) :]
        assert cursor.seq == len(records)
    newest, _ = last_records(many.directory, 2, Filter(decision="deny"))
    assert newest == [one for one in records if Filter(decision="deny").matches(one)][-2:]


def test_times() -> None:
    assert parse_time("2026-11-29") == "2026-11-29T00:00:00.000000Z"
    assert parse_time("2026-11-29T10:00:00+02:00") == "2026-11-29T08:00:00.000000Z"
    for text in ("", "today", "2026-11-29T10:00:00", "2026-02-30"):
        with pytest.raises(UsageError, match="is no time"):
            parse_time(text)
