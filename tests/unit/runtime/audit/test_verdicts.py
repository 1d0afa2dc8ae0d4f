"""What the verifier says of files that are not a log at all, and how verdicts exit."""

from __future__ import annotations

import random
from typing import Any

from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.runtime.audit import Verification
from wilkc.runtime.keys import parse_signer

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
