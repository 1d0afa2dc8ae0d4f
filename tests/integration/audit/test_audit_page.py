"""The commands of `docs/audit.md` run, in order, and exit as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.core.contract import Decision, Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
REQUEST = Request("reviewer", "read", "file", "./a")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)
DENY = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")
STEP = "set +e; {command}; ended=$?; set -e; [ $ended = {code} ]"


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    """What the auditor was handed: a copy of a log, the root's public key, a checkpoint."""
    folder, writer = tmp_path / "an auditor", tmp_path / "writer"
    writer.mkdir()
    places = Places(writer / "audit-log", writer / "keys", writer / "prov", writer / "root.key")
    vkey = create_log(places, "example.org/ops/audit", SETTINGS)
    with AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SETTINGS
    ) as logger:
        for _ in range(2):
            logger.intent(REQUEST, ALLOW).outcome("success")
            logger.intent(REQUEST, DENY)
            logger.roll()
    (folder / "kept").mkdir(parents=True)
    (folder / "root.vkey").write_text(vkey + "\n", encoding="utf-8")
    shutil.copytree(places.directory, folder / "audit-log")
    shutil.copy(places.directory / "checkpoint", folder / "kept" / "checkpoint")
    return folder


def test_the_commands_of_the_page_run(handed: Path, tmp_path: Path) -> None:
    wilkc = tmp_path / "bin" / "wilkc"
    wilkc.parent.mkdir()
    wilkc.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wilkc.cli.main "$@"\n')
    wilkc.chmod(0o755)
    steps = (line.partition("  # exits with ")[::2] for line in COMMANDS)
    script = [STEP.format(command=command, code=code or 0) for command, code in steps]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eux", *script])],
        cwd=handed,
        env={
            **os.environ,
            "PATH": f"{wilkc.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(COMMANDS) > 20
    assert "TAMPERED  event" in done.stdout
    assert "cosigned by one" in done.stdout


def test_every_verdict_is_on_the_page() -> None:
    for verdict, code in AUDIT_VERDICTS.items():
        assert re.search(rf"^\| {code} \|.*`{verdict}`", PAGE, re.MULTILINE), verdict
