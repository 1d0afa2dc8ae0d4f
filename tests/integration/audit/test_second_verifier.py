"""A second verifier, which shares no code with the product, agrees with it."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.audit_verifier import verifies
from wilkc.core.contract import Decision, Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 37
SOURCE = Path(__file__).parents[2] / "audit_verifier.py"
REQUEST = Request("reviewer", "read", "file", "./src/a\u2028.ts")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)
DENY = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")


@pytest.fixture(params=["event", "checkpoint"])
def made(request: Any, tmp_path: Path) -> tuple[Path, str, str]:
    """A log of three segments with a blob; its root key, and its checkpoint kept elsewhere."""
    settings = AuditSettings(mode=request.param, reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    places = Places(tmp_path / "a log", tmp_path / "keys", tmp_path / "prov", tmp_path / "root")
    root = create_log(places, "example.org/second/test", settings)
    with AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=settings
    ) as logger:
        for _ in range(2):
            logger.intent(REQUEST, ALLOW).outcome("success", details={"text": "x" * 50_000})
            logger.intent(REQUEST, DENY)
            logger.roll()
        logger.intent(REQUEST, DENY)
    kept = (places.directory / "checkpoint").read_text(encoding="utf-8")
    return places.directory, root, kept


def _mutations(log: Path, chosen: random.Random) -> Iterator[tuple[Path, bytes]]:
    """A file and its changed content, of each kind of change."""
    for path in sorted([*log.glob("seg-*"), log / "checkpoint", *log.glob("blobs/*/*")]):
        data = path.read_bytes()
        for place in chosen.sample(range(len(data)), 25):
            flipped = bytes([data[place] ^ (1 << chosen.randrange(8))])
            yield path, data[:place] + flipped + data[place + 1 :]
        yield path, data[:-1]
        yield path, data[: chosen.randrange(len(data))]
        yield path, data + data[-200:]
        lines = data.split(b"\n")[:-1]
        for place in chosen.sample(range(len(lines)), min(3, len(lines))):
            before, line, after = lines[:place], lines[place], lines[place + 1 :]
            for changed in ([], [line, line], [line + b" "], [b"{}", line], [*after[:1], line]):
                rest = after[1:] if changed[:1] == after[:1] else after
                yield path, b"".join(one + b"\n" for one in (*before, *changed, *rest))


def test_both_agree_on_a_whole_log_and_on_every_change(made: tuple[Path, str, str]) -> None:
    log, root, kept = made
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    assert verifies(log, root, kept)
    assert verify(log, root, {"kept": kept}).verdict == "OK"
    changes = 0
    for path, content in list(_mutations(log, chosen)):
        data = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(content)
        found = verify(log, root, {"kept": kept})
        assert found.ok == verifies(log, root, kept), (path.name, changes, found.reasons)
        assert found.ok == (content == data)
        path.write_bytes(data)
        changes += 1
    assert changes > 150
    assert verifies(log, root, kept)


def test_both_agree_on_files_and_roots(made: tuple[Path, str, str], tmp_path: Path) -> None:
    log, root, _ = made
    other = Places(tmp_path / "o", tmp_path / "ok", tmp_path / "op", tmp_path / "or")
    other_root = create_log(other, "example.org/second/test", AuditSettings(reserve_bytes=0))
    for key, checkpoint in (
        (other_root, None),
        (root, (other.directory / "checkpoint").read_text()),
    ):
        given = {"kept": checkpoint} if checkpoint else {}
        assert not verifies(log, key, checkpoint)
        assert not verify(log, key, given).ok
    first, second, third = sorted(log.glob("seg-*"))
    for path in (first, second, third, log / "checkpoint"):
        moved = path.rename(tmp_path / "moved")
        assert not verifies(log, root)
        assert not verify(log, root).ok
        moved.rename(path)
    first.rename(tmp_path / "moved")
    second.rename(first)
    (tmp_path / "moved").rename(second)
    assert not verifies(log, root)
    assert not verify(log, root).ok


def test_it_shares_no_code(made: tuple[Path, str, str]) -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    tops = {name.partition(".")[0] for name in names}
    assert tops - set(sys.stdlib_module_names) == {"cryptography"}
    log, root, kept = made
    (log.parent / "kept").write_text(kept, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(SOURCE), str(log), root, str(log.parent / "kept")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    size = json.loads(json.dumps(verify(log, root).size))
    assert (done.returncode, done.stdout) == (0, f"{size} events verify\n"), done.stderr
