"""The commands of `docs/identity.md` run in order, and exit as it says; changes go on record."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wilkc.cli.recording import open_recorder
from wilkc.identity import AuthenticationError, Failure, Identity
from wilkc.identity.tokens.issuers import parse_issuers
from wilkc.runtime.failed_logins import failure_recorder

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if not language for line in block.splitlines()]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "bin").mkdir()
    wilkc = folder / "bin" / "wilkc"
    wilkc.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wilkc.cli.main "$@"\n')
    wilkc.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    assert len(COMMANDS) >= 9
    for line in COMMANDS:
        command, _, code = line.partition("  # exits with ")
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == int(code or 0), f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
    return folder


def _records(folder: Path, *filters: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "wilkc.cli.main", "audit", "query", str(folder / "audit")]
    done = subprocess.run(
        [*command, "--exhaustive", "-f", "json", *filters], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_key_of_the_page_is_a_credential(ran: Path) -> None:
    text = (ran / "reviewer.key").read_text().strip()
    identity = Identity(ran / "who")
    try:
        found = identity.authenticate(text, channel="test", source="here")
        assert (found.id, found.acts_for) == ("reviewer", ("helper-*",))
        assert found.scope == ("file:*", "network:connect")
        with pytest.raises(AuthenticationError):
            identity.authenticate(text[:-1], channel="test", source="here")
    finally:
        identity.close()


def test_changes_are_on_record_and_hold_no_secret(ran: Path) -> None:
    found = _records(ran, "--action", "config.modify")
    resources = [json.dumps(one) for one in found]
    assert sum("identity:key/" in one for one in resources) == 1
    assert sum("identity:agent/helper-7" in one for one in resources) == 2
    secret = (ran / "reviewer.key").read_text().strip()[-43:]
    assert not any(secret in one for one in resources)


def test_failures_are_on_record(ran: Path) -> None:
    with open_recorder(str(ran / "audit")) as logger:
        tell = failure_recorder(logger)
        tell(Failure("credential_unknown", "authzen", "10.1.2.3", "0123456789abcdef", 4))
    (text,) = (
        one
        for one in map(json.dumps, _records(ran, "--action", "auth.failure"))
        if "credential_unknown" in one
    )
    assert "10.1.2.3" not in text


def test_the_issuers_of_the_page_are_read() -> None:
    (block,) = (block for language, block in BLOCKS if language == "json")
    assert list(parse_issuers(block.encode())) == ["https://login.example.org"]


def test_no_secret_of_a_token_or_a_session_is_on_record(ran: Path) -> None:
    text = json.dumps(_records(ran))
    pairs = [json.loads((ran / name).read_text()) for name in ("pair.json", "next.json")]
    secrets = [pair[kind] for pair in pairs for kind in ("access_token", "refresh_token")]
    secrets.append((ran / "session.txt").read_text().strip())
    assert not any(secret[-43:] in text for secret in secrets)
    for action in ("issue-token", "refresh-token", "open-session", "end-session", "create-issuer"):
        assert action in text, action
    assert "credential_reused" in text


def test_a_credential_in_a_file_that_others_may_read_is_refused(ran: Path) -> None:
    copy = ran / "open.key"
    copy.write_text((ran / "reviewer.key").read_text())
    copy.chmod(0o644)
    command = [sys.executable, "-m", "wilkc.cli.main", "identity", "token", "issue", "who"]
    done = subprocess.run(
        [*command, "--from", str(copy), "--audit", "audit"], cwd=ran, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5
    assert done.stdout == ""
