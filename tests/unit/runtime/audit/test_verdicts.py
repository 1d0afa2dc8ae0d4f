"""What the verifier says of files that are not a log at all, and how verdicts exit."""

from __future__ import annotations

import json
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.runtime.audit import Verification
from wilkc.runtime.keys import parse_signer

if TYPE_CHECKING:
    from pathlib import Path

SEED = 11


def test_hostile_files_never_break_the_verifier(full: Any) -> None:
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    path = full.segments()[1]
    text = path.read_bytes()
    hostile = [
        b"\x00" * 100,
        b"\n" * 100,
        b"[" * 70_000 + b"\n",
        b"\xff\xfe\n",
        b"9" * 60_000 + b"\n",
    ]
    for _ in range(40):
        place = chosen.randrange(len(text))
        path.write_bytes(text[:place] + chosen.choice(hostile) + text[place:])
        found = full.verify(full.checkpoint)
        assert isinstance(found, Verification)
        assert not found.ok


def test_the_root_key_is_a_file_that_opens(full: Any) -> None:
    name, key = parse_signer(full.places.root_key.read_text().strip())
    assert full.root.startswith(f"{name}+")
    assert full.places.root_key.stat().st_mode & 0o777 == 0o600
    assert key.public


def test_no_verdict_but_ok_exits_zero() -> None:
    zero = {verdict for verdict, code in AUDIT_VERDICTS.items() if code == 0}
    assert zero == {"OK", "OK_UNANCHORED"}
    assert len(set(AUDIT_VERDICTS.values())) == 6


def _roll_back(full: Any) -> Path:
    """Put the log back to the end of its first segment, whose path is given."""
    first: Path
    first, second = full.segments()
    second.unlink()
    first.chmod(0o600)
    _roll_back_published(full)
    return first


def _roll_back_published(full: Any) -> None:
    last = full.segments()[0].read_bytes().removesuffix(b"\n").rpartition(b"\n")[2]
    (full.directory / "checkpoint").write_text(json.loads(last)["checkpoint"], encoding="utf-8")


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sealed_log_without_its_successor_is_incomplete(full: Any, live: bool, jobs: int) -> None:
    """A writer who is at work does not explain that the log ends at the border of a segment."""
    assert full.verify(live=live, jobs=jobs).ok
    _roll_back(full)
    found = full.verify(live=live, jobs=jobs)
    assert found.verdict == "INCOMPLETE"
    assert found.reasons == ("INCOMPLETE: the segment that the last seal names is missing",)


@pytest.mark.parametrize("live", [False, True])
def test_a_torn_tail_does_not_hide_that_the_rest_is_missing(full: Any, live: bool) -> None:
    first = _roll_back(full)
    with first.open("ab") as file:
        file.write(b"torn")
    found = full.verify(live=live)
    assert found.verdict == "INCOMPLETE"
    assert found.torn_bytes == 4
    assert any("torn bytes" in reason for reason in found.reasons) is not live


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("content", [b"abc", b"\x00", None])
def test_a_segment_without_its_header_is_no_torn_tail(
    full: Any, content: bytes | None, live: bool
) -> None:
    """A segment gets its name once its header is on disk, so no crash leaves it like this."""
    second = full.segments()[1]
    content = content or b"\x00" + second.read_bytes()[1:]
    _roll_back(full)
    second.write_bytes(content)
    assert full.verify(live=live).verdict == "TAMPERED"


def test_a_torn_tail_of_a_writer_at_work_is_only_reported(full: Any) -> None:
    with full.segments()[1].open("ab") as file:
        file.write(b'{"event":')
    assert full.verify().verdict == "UNSEALED_TAIL"
    found = full.verify(live=True)
    assert (found.verdict, found.torn_bytes) == ("OK_UNANCHORED", 9)


@pytest.mark.parametrize("whole", [True, False])
def test_a_writer_between_two_segments_is_waited_for(
    full: Any, tmp_path: Path, whole: bool
) -> None:
    """What comes is read like any other segment: its name alone is no successor."""
    second, coming = full.segments()[1], tmp_path / "coming"
    coming.write_bytes(second.read_bytes() if whole else b"")
    size = full.verify().size
    _roll_back(full)
    thread = threading.Timer(0.2, coming.rename, [second])
    thread.start()
    found = full.verify(live=True)
    thread.join()
    assert second.exists()
    assert found.verdict == ("OK_UNANCHORED" if whole else "INCOMPLETE")
    assert (found.size == size) is whole


def test_a_log_that_is_written_to_and_rolled_verifies_all_the_while(full: Any) -> None:
    with full.open() as logger:
        done = threading.Event()

        def roll() -> None:
            for _ in range(20):
                logger.intent(REQUEST, ALLOW)
                logger.roll()
            done.set()

        thread = threading.Thread(target=roll)
        thread.start()
        verdicts = set()
        while not done.is_set():
            verdicts.add(full.verify(live=True).verdict)
        thread.join()
    assert verdicts <= {"OK_UNANCHORED"}
