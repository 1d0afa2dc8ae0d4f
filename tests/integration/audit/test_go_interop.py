"""Go's own signed notes and transparency logs read what Wilk writes."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from wilkc.core.contract import Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log
from wilkc.runtime.audit.keychain import signer_of
from wilkc.runtime.audit.leaves import read_leaves
from wilkc.runtime.audit.note import parse_checkpoint, parse_note
from wilkc.runtime.audit.proofs import consistency_ranges, inclusion_ranges, roots_of

SOURCE = Path(__file__).parents[2] / "data" / "go"
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
# The signed note of Go's documentation, so that the program itself is known to be asked rightly.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built from pinned modules; Go keeps what it compiled before."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go: another implementation of signed notes and tree proofs")
    folder = tmp_path_factory.mktemp("go")
    shutil.copytree(SOURCE, folder / "source")
    done = subprocess.run(
        [go, "build", "-mod=readonly", "-o", str(folder / "interop"), "."],
        cwd=folder / "source",
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "interop"


def _log(folder: Path) -> tuple[Path, str]:
    places = Places(folder / "a log", folder / "keys", folder / "prov", folder / "root")
    root = create_log(places, "example.org/go/test", SETTINGS)
    deny = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")
    with AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SETTINGS
    ) as logger:
        for _ in range(3):
            for _ in range(3):
                logger.intent(Request("reviewer", "read", "file", "./a"), deny)
            logger.roll()
    return places.directory, root


def _asked(log: Path, root: str) -> dict[str, Any]:
    """Notes, certificates and proofs of a log, as the program reads them."""
    published = (log / "checkpoint").read_text(encoding="utf-8")
    checkpoint, _ = parse_checkpoint(published)
    lines = [line for path in sorted(log.glob("seg-*")) for line in path.read_bytes().split(b"\n")]
    notes = [json.loads(line)["checkpoint"] for line in lines if line.startswith(b'{"checkpoint')]
    cert = json.loads(lines[0])["event"]["action"]["details"]["cert"]
    keys = {signer_of(log, parse_checkpoint(note)[1]).text for note in (*notes, published)}
    leaves = list(read_leaves(log))
    hashes = [leaf.hash for leaf in leaves]
    inclusions, growths = [], []
    for index, leaf in enumerate(hashes):
        *path, _ = roots_of(hashes, inclusion_ranges(index, checkpoint.size), checkpoint.size)
        inclusions.append({"Index": index, "Leaf": _text(leaf), "Path": [*map(_text, path)]})
    for note in notes:
        old = parse_checkpoint(note)[0]
        *path, _ = roots_of(hashes, consistency_ranges(old.size, checkpoint.size), checkpoint.size)
        growths.append({"Old": old.text(), "New": checkpoint.text(), "Path": [*map(_text, path)]})
    return {
        "Keys": [*sorted(keys), root, PETER],
        "Notes": [*notes, published, cert, NOTE],
        "Tree": parse_note(published).text,
        "Entries": [base64.b64encode(leaf.stored or b"").decode() for leaf in leaves],
        "Inclusions": inclusions,
        "Consistency": growths,
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _ask(program: Path, asked: dict[str, Any]) -> tuple[int, str]:
    done = subprocess.run(
        [program], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_go_agrees_with_everything(program: Path, tmp_path: Path) -> None:
    asked = _asked(*_log(tmp_path))
    assert len(asked["Inclusions"]) > 12
    assert _ask(program, asked) == (0, "agreed\n")


def test_go_refuses_what_was_changed(program: Path, tmp_path: Path) -> None:
    asked = _asked(*_log(tmp_path))
    note = asked["Notes"][0]
    wrong = _text(bytes(32))
    changes: list[dict[str, Any]] = [
        {"Notes": [note.replace("example.org", "example.com", 1)]},
        {"Keys": asked["Keys"][-1:]},
        {"Entries": [_text(b"{}"), *asked["Entries"][1:]]},
        {"Inclusions": [{**asked["Inclusions"][0], "Index": 1}]},
        {"Inclusions": [{**asked["Inclusions"][1], "Path": []}]},
        {"Consistency": [{**asked["Consistency"][0], "Path": [wrong]}]},
    ]
    for change in changes:
        code, said = _ask(program, {**asked, "Entries": [], **change})
        assert (code, said) != (0, "agreed\n")
        assert code == 1
