"""What records say of keys destroys nothing, and certifies nothing, unless the log verifies."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.keeping.test_erasure import ALICE, BOB, PASSPHRASE, _login
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.subset import encode_subset
from wilkc.runtime.audit import Event
from wilkc.runtime.audit.keeping import export_copy, keep_keys, rotate, settle_erasures, shred
from wilkc.runtime.audit.keeping.erasure import resume_erasures
from wilkc.runtime.audit.keeping.ledger import read_ledger
from wilkc.runtime.audit.line import EventLine, line_hash, parse_line
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention import House, Selector, keep_house, place_hold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit.runtime.audit.keeping.conftest import Kept


@pytest.fixture
def told(kept: Kept) -> Kept:
    """A log about two persons, whose first segment is closed."""
    with kept.open() as logger:
        _login(logger, ALICE)
        _login(logger, BOB)
        for _ in range(3):
            logger.system(Event("config.access", "config:x", WILK, details={"count": 1}))
        logger.roll()
    return kept


def _forge(kept: Kept, kind: str, details: Mapping[str, Any]) -> None:
    """Put a record in the place of another one of a closed segment, and chain the rest anew."""
    path = kept.log.segments()[0]
    lines = path.read_bytes().split(b"\n")[:-1]
    at = next(n for n, line in enumerate(lines) if b'"config.access"' in line)
    parsed = parse_line(lines[at])
    assert isinstance(parsed, EventLine)
    event = parsed.event
    event["action"] |= {"type": kind, "details": dict(details)}
    event["class"] = "security"
    event["sealed"] = {}
    sig = lines[at].rpartition(b',"sig":')[2]
    lines[at] = b'{"event":' + encode_subset(event) + b',"sig":' + sig
    for n in range(at + 1, len(lines)):
        old = parse_line(lines[n])
        prev = old.event["prev"] if isinstance(old, EventLine) else old.prev
        lines[n] = lines[n].replace(prev.encode(), line_hash(lines[n - 1]).encode(), 1)
    path.chmod(0o644)
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _kids(kept: Kept) -> set[str]:
    return {key.kid for key in kept.log.keys().data.keys}


def test_a_forged_record_that_keys_are_gone_does_not_make_them_so(told: Kept) -> None:
    kids = _kids(told)
    _forge(told, "key.destroyed", {"kids": sorted(kids), "state": "expired"})
    assert kids <= read_ledger(told.log.directory).gone
    with told.open() as logger, pytest.raises(VerificationError, match="nothing is destroyed"):
        rotate(logger, force=True)
    assert _kids(told) == kids


def test_a_forged_request_erases_nobody(told: Kept) -> None:
    kids = _kids(told)
    keys = told.log.keys().data
    token = keys.token(ALICE)
    assert token is not None
    forged = {"erasure": "erasure-1", "kids": list(keys.kids(token)), "subject": token}
    _forge(told, "erasure.requested", forged)
    assert "erasure-1" in read_ledger(told.log.directory).erasures
    with told.open() as logger:
        with pytest.raises(VerificationError, match="nothing is destroyed"):
            keep_keys(logger)
        with pytest.raises(VerificationError, match="nothing is destroyed"):
            resume_erasures(logger, logger.means.rotation)
    assert _kids(told) == kids


def test_no_certificate_for_a_log_that_hides_a_copy_of_the_keys(told: Kept, tmp_path: Path) -> None:
    with told.open() as logger:
        export_copy(logger, tmp_path / "a", PASSPHRASE, days=400)
        shred(logger, ALICE, "asked")
        told.clock.days = 31
        rotate(logger)
    exported = next(
        path for path in told.log.segments() if b'"key.exported"' in path.read_bytes()
    )  # fmt: skip
    exported.chmod(0o644)
    text = exported.read_bytes()
    exported.write_bytes(text.replace(b'"key.exported"', b'"key.exportee"'))
    with told.open() as logger, pytest.raises(VerificationError, match="nothing is destroyed"):
        settle_erasures(logger)
    assert "complete" not in [
        one["action"]["details"].get("state") for one in told.of_type("key.destroyed")
    ]


def _crash_before_step_2(kept: Kept, dying: Any) -> Kept:
    """An erasure that is on record as requested, and nothing more was done."""
    for left in range(200):
        place = kept.log.directory.parent / f"copy {left}"
        one = type(kept)(kept.log.copy(place))
        disk = dying(10**6)
        logger = one.open(disk)
        disk.left = left
        with pytest.raises((OSError, UnavailableError)) if left < 199 else nullcontext():
            shred(logger, ALICE, "asked")
        disk.left = 10**6
        logger._store._writer.abandon()
        requested = one.of_type("erasure.requested") != []
        token = one.log.keys().data.token(ALICE)
        if requested and token is not None:
            return one
    raise AssertionError("no crash came between steps 1 and 2")


@pytest.mark.parametrize("shared", [False, True])
def test_a_hold_placed_after_a_crashed_request_stops_nothing(
    told: Kept, dying: Any, *, shared: bool
) -> None:
    """What durably began is ended, and housekeeping goes on with all the rest."""
    one = _crash_before_step_2(told, dying)
    with one.open(shared=shared) as logger:
        place_hold(logger, one.log.directory, Selector(agent="reviewer"))
        place_hold(logger, one.log.directory, Selector(first=0))
    with one.open() as logger:
        chores = keep_house(logger, House(root=one.log.root))
        assert [line.split()[0] for line in chores.done] == ["went", "verified"]
        assert chores.bad == []
    assert one.log.keys().data.token(ALICE) is None
    assert one.log.keys().data.token(BOB) is not None
    states = [line["action"]["details"]["state"] for line in one.of_type("key.destroyed")]
    assert states == ["pending"]
    assert one.log.verify(one.log.checkpoint).verdict == "OK"


def test_an_erasure_that_a_hold_forbade_is_told_of_and_the_rest_goes_on(told: Kept) -> None:
    """No release of Wilk begins one under a hold; if a log has it, it is a person's matter."""
    with told.open() as logger:
        token = logger.means.keys.data.token(ALICE)
        other = logger.means.keys.data.token(BOB)
        assert token is not None
        assert other is not None
        place_hold(logger, told.log.directory, Selector(subject=token), "case-7")
        for n, subject in enumerate((token, other)):
            kids = list(logger.means.keys.data.kids(subject))
            details = {"erasure": f"erasure-{n}", "kids": kids, "subject": subject}
            resource = f"subject:{subject}"
            event = Event("erasure.requested", resource, WILK, details=details, clear=True)
            logger.system(event)
        kept = keep_keys(logger)
    assert kept.stopped == ("erasure-0: the person was held by `case-7` before it began",)
    assert kept.done[0] == "went on with erasure-1"
    keys = told.log.keys().data
    assert keys.token(ALICE) == token
    assert keys.token(BOB) is None
