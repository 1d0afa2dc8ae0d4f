"""Proofs of one record, proofs of growth, witnesses and tiles."""

from __future__ import annotations

import fcntl
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import AuditSettings
from wilkc.runtime.audit.cosignature import witness_key
from wilkc.runtime.audit.export import make_bundle, make_growth, verify_bundle, write_tiles
from wilkc.runtime.audit.export.tiles import tile_name
from wilkc.runtime.audit.note import parse_checkpoint, parse_note
from wilkc.runtime.audit.tree import leaf_hash, node_hash
from wilkc.runtime.audit.witness import Witness
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import SigningKey, parse_verifier_key

if TYPE_CHECKING:
    from pathlib import Path

SEED = 31
KEY = SigningKey(bytes([7]) * 32)
NAME = "w.example/one"


@pytest.fixture(params=["event", "checkpoint"])
def rolled(request: Any, make: Any, filled: Any, tmp_path: Path) -> Any:
    """A log of three segments in one of the modes."""
    settings = AuditSettings(mode=request.param, reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    log = make(tmp_path / "log", settings)
    with log.open(settings) as logger:
        for _ in range(2):
            filled(logger)
            logger.roll()
        filled(logger, 1)
    return log


def test_every_record_has_a_proof(rolled: Any, make: Any, tmp_path: Path) -> None:
    other = make(tmp_path / "other")
    for record in rolled.records():
        text = make_bundle(rolled.directory, record["seq"], rolled.checkpoint, rolled.root)
        assert verify_bundle(text, rolled.root).record == record
        with pytest.raises(VerificationError):
            verify_bundle(text, other.root)


def test_no_other_text_is_a_proof(rolled: Any) -> None:
    text = make_bundle(rolled.directory, 9, rolled.checkpoint, rolled.root)
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    places = chosen.sample(range(len(text.encode())), 300)
    data = text.encode()
    for place in places:
        changed = (
            data[:place] + bytes([data[place] ^ (1 << chosen.randrange(7))]) + data[place + 1 :]
        )
        with pytest.raises(VerificationError):
            verify_bundle(changed.decode("utf-8", "replace"), rolled.root)
    for cut in ("", text[:50], text.replace("index 9", "index 8"), text.replace("@v1", "@v2", 1)):
        with pytest.raises(VerificationError):
            verify_bundle(cut, rolled.root)


def test_what_has_no_proof_is_refused(rolled: Any, make: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not among the first"):
        make_bundle(rolled.directory, 999, rolled.checkpoint, rolled.root)
    with pytest.raises(UsageError, match="no checkpoint"):
        make_bundle(rolled.directory, 1, "text", rolled.root)
    other = make(tmp_path / "other")
    with pytest.raises(UsageError, match="signed by no segment key"):
        make_bundle(rolled.directory, 0, other.checkpoint, rolled.root)


def test_a_witness_follows_a_log_that_grows(rolled: Any, filled: Any, tmp_path: Path) -> None:
    root = parse_verifier_key(rolled.root)
    witness = Witness(tmp_path / "seen", NAME, KEY)
    first = rolled.checkpoint
    proof = make_growth(rolled.directory, None, first)
    cosigned = witness.cosign(proof, "example.org/test/log", root, 1_800_000_000)
    assert witness_key(NAME, KEY.public).cosigned(parse_note(cosigned))
    assert rolled.verify(cosigned).verdict == "OK"
    with rolled.open(AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)) as logger:
        filled(logger)
    before = witness.seen("example.org/test/log")
    assert before == parse_checkpoint(first)[0]
    with pytest.raises(VerificationError, match="seen before"):
        witness.cosign(
            make_growth(rolled.directory, None, rolled.checkpoint), "example.org/test/log", root, 1
        )
    grown = make_growth(rolled.directory, before, rolled.checkpoint)
    witness.cosign(grown, "example.org/test/log", root, 1)
    with pytest.raises(VerificationError, match="TRUNCATED"):
        witness.cosign(proof, "example.org/test/log", root, 1)
    assert witness.seen("example.org/test/log") == parse_checkpoint(rolled.checkpoint)[0]


def test_a_witness_remembers_durably_before_it_signs(log: Any, tmp_path: Path) -> None:
    synced: list[Path] = []

    class Seeing(Disk):
        def sync_directory(self, path: Path) -> None:
            synced.append(path)
            super().sync_directory(path)

    witness, root = Witness(tmp_path / "seen", NAME, KEY, Seeing()), parse_verifier_key(log.root)
    proof = make_growth(log.directory, None, log.checkpoint)
    witness.cosign(proof, "example.org/test/log", root, 1)
    assert synced == [tmp_path, tmp_path / "seen"]


def test_a_witness_signs_no_second_history(
    log: Any, filled: Any, tmp_path: Path, make: Any
) -> None:
    root = parse_verifier_key(log.root)
    witness = Witness(tmp_path / "seen", NAME, KEY)
    fork = log.copy(tmp_path / "fork")
    for one in (log, fork):
        with one.open() as logger:
            filled(logger)
    origin = "example.org/test/log"
    witness.cosign(make_growth(log.directory, None, log.checkpoint), origin, root, 1)
    before = witness.seen(origin)
    with fork.open() as logger:
        filled(logger)
    with pytest.raises(VerificationError):
        make_growth(fork.directory, before, fork.checkpoint)
    honest = parse_checkpoint(make_middle(fork))[0]
    forged = make_growth(fork.directory, honest, fork.checkpoint)
    with pytest.raises(VerificationError, match=r"does not begin|events on"):
        witness.cosign(forged, origin, root, 1)
    with pytest.raises(VerificationError, match="another log"):
        witness.cosign(make_growth(log.directory, None, log.checkpoint), "a.b/c", root, 1)
    other = make(tmp_path / "other")
    with pytest.raises(VerificationError):
        witness.cosign(make_growth(other.directory, None, other.checkpoint), origin, root, 1)
    (tmp_path / "seen" / "example.org+test+log").write_text("damaged")
    with pytest.raises(VerificationError, match="cannot be read"):
        witness.cosign(make_growth(log.directory, None, log.checkpoint), origin, root, 1)


def make_middle(log: Any) -> str:
    """The last checkpoint but one that stands in the log."""
    lines = log.segments()[-1].read_bytes().split(b"\n")
    notes = [json.loads(line)["checkpoint"] for line in lines if line.startswith(b'{"checkpoint')]
    return str(notes[-2])


def test_two_witnesses_at_once_are_refused(log: Any, tmp_path: Path) -> None:
    state = tmp_path / "seen"
    state.mkdir()
    proof = make_growth(log.directory, None, log.checkpoint)
    with (state / "witness.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="signing"):
            Witness(state, NAME, KEY).cosign(
                proof, "example.org/test/log", parse_verifier_key(log.root), 1
            )


def test_tiles_hold_every_leaf_and_entry(
    log: Any, request_: Any, deny: Any, tmp_path: Path
) -> None:
    with log.open() as logger:
        for _ in range(262):
            logger.intent(request_, deny)
    target = tmp_path / "tiles"
    size = write_tiles(log.directory, target, log.checkpoint)
    checkpoint = parse_checkpoint((target / "checkpoint").read_text(encoding="utf-8"))[0]
    assert checkpoint.size == size == 263
    full = (target / "tile/0/000").read_bytes()
    rest = (target / "tile/0/001.p/7").read_bytes()
    leaves = [(full + rest)[place : place + 32] for place in range(0, len(full + rest), 32)]
    entries = (target / "tile/entries/000").read_bytes() + (
        target / "tile/entries/001.p/7"
    ).read_bytes()
    found = []
    while entries:
        length = int.from_bytes(entries[:2])
        found.append(leaf_hash(entries[2 : 2 + length]))
        entries = entries[2 + length :]
    assert found == leaves
    assert (target / "tile/1/000.p/1").read_bytes() == _root(leaves[:256])
    assert _root(leaves) == checkpoint.root
    with pytest.raises(UsageError, match="not empty"):
        write_tiles(log.directory, target, log.checkpoint)
    assert [tile_name(number) for number in (0, 999, 1000, 1234067)] == [
        "000", "999", "x001/000", "x001/x234/067",
    ]  # fmt: skip


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(_root(leaves[:half]), _root(leaves[half:]))
