"""In mode `checkpoint` nothing signs a record but its checkpoint: without one it is nobody's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.runtime.audit.conftest import SMALL, fill, make_log
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset
from wilkc.runtime.audit.line import EventLine, line_hash, parse_line
from wilkc.runtime.audit.record import FORMAT
from wilkc.runtime.audit.segment import Header, segment_name, stored_frontier
from wilkc.runtime.audit.walk import walk_from

UNSIGNED = replace(SMALL, mode="checkpoint")


@pytest.fixture
def log(tmp_path: Any) -> Any:
    """A log in mode `checkpoint`, closed in order."""
    log = make_log(tmp_path / "unsigned", UNSIGNED)
    with log.open(UNSIGNED) as logger:
        fill(logger)
    return log


def _end(log: Any) -> tuple[Any, bytes]:
    """The walk over the last segment, and its last line."""
    lines = log.segments()[-1].read_bytes().split(b"\n")[:-1]
    walk = walk_from(lines[0])
    for line in lines:
        walk.take(line)
    return walk, lines[-1]


def _forged(log: Any, seq: int, prev: str) -> bytes:
    """A record that fits at a place, as anybody can write it."""
    lines = log.segments()[0].read_bytes().split(b"\n")
    model = next(
        parsed
        for parsed in map(parse_line, lines[:-1])
        if (isinstance(parsed, EventLine) and parsed.event["action"]["type"] == "permission.check")
        or (isinstance(parsed, EventLine) and parsed.event["phase"] == "intent")
    )
    event = model.event | {"seq": seq, "prev": prev, "id": "01972000-0000-7000-8000-0000000f0f0f"}
    return b'{"event":' + encode_subset(event) + b',"sig":null}'


def _is_on_record(log: Any) -> bool:
    return any(one["id"].endswith("f0f0f") for one in log.records())


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("torn", [b"", b'{"event":'])
def test_records_after_the_last_checkpoint_are_not_adopted(
    log: Any, *, shared: bool, torn: bytes
) -> None:
    walk, last = _end(log)
    size = walk.seq
    with log.segments()[-1].open("ab") as file:
        file.write(_forged(log, size, line_hash(last)) + b"\n" + torn)
    assert _is_on_record(log)
    with log.open(UNSIGNED, shared=shared) as logger:
        fill(logger, 1)
    assert not _is_on_record(log)
    recovered = log.records()[size]
    assert recovered["action"]["type"] == "system.recovered"
    assert recovered["action"]["details"]["lost_bytes"] > 100
    assert len(list((log.directory / "quarantine").iterdir())) == 1
    assert log.verify(log.checkpoint).verdict == "OK"


def test_a_segment_that_no_checkpoint_speaks_for_is_not_adopted(log: Any) -> None:
    """Else anybody could go on with a log: a segment after a write error has no new key."""
    walk, last = _end(log)
    header = Header(
        cert=None,
        format=FORMAT,
        frontier=stored_frontier(walk.tree),
        key=walk.key.text,
        kind="recovered",
        mode="checkpoint",
        ring=walk.header.ring,
        settings=walk.header.settings,
    )
    model = parse_line(log.segments()[-1].read_bytes().split(b"\n")[0])
    assert isinstance(model, EventLine)
    event = model.event | {"seq": walk.seq, "prev": line_hash(last)}
    event["id"] = "01972000-0000-7000-8000-0000000e0e0e"
    event["action"] = event["action"] | {"details": header.as_json()}
    first = b'{"event":' + encode_subset(event) + b',"sig":null}'
    second = _forged(log, walk.seq + 1, line_hash(first))
    path = log.directory / segment_name(walk.seq)
    path.write_bytes(first + b"\n" + second + b"\n")
    with pytest.raises(VerificationError, match="no checkpoint speaks for"):
        log.open(UNSIGNED)
    with (
        log.open(UNSIGNED, shared=True) as logger,
        pytest.raises(VerificationError, match="no checkpoint speaks for"),
    ):
        fill(logger, 1)
    path.unlink()
    with log.open(UNSIGNED) as logger:
        fill(logger, 1)
    assert log.verify(log.checkpoint).verdict == "OK"
