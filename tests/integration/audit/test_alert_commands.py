"""`wilkc audit alerts` and `wilkc audit ack`, from a violation to an answer on record."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.runtime.alerts.authority import Authority, Receiver
from wilkc.runtime.audit import Actor, AuditLogger, Event

SECRET = "whsec_" + "A" * 32


def _wilkc(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("wilkc")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with a violation in it, and a folder of alerts without settings."""
    log = tmp_path / "my log"
    done = _wilkc(
        "audit", "init", log, "--origin", "example.org/log", "--root-key", tmp_path / "root.key",
        "--reserve", "4KiB",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _violate(log)
    (tmp_path / "my log.alerts").mkdir()
    return log


def _violate(log: Path) -> None:
    keys, provider = log.with_name("my log.keys"), log.with_name("my log.keys.provider")
    with AuditLogger.open(log, keys, provider=provider, shared=True) as logger:
        logger.system(Event("policy.rejected", "policy:x", Actor("agent", "builder")))


def _settings(log: Path, text: str) -> None:
    path = log.with_name("my log.alerts") / "alerts.toml"
    path.write_text(text)
    path.chmod(0o600)


def _channel(port: int) -> str:
    return (
        f'[channel.ops]\nkind = "webhook"\nurl = "https://127.0.0.1:{port}/"\n'
        'secret_files = ["secret"]\nprivate = ["127.0.0.0/8"]\nca_file = "ca.pem"\n'
    )


def test_from_a_violation_to_an_answer_on_record(log: Path) -> None:
    folder = log.with_name("my log.alerts")
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    with Receiver(Authority(folder).context("127.0.0.1")) as receiver:
        _settings(log, _channel(receiver.port))
        done = _wilkc("audit", "alerts", log, "--run")
        again = _wilkc("audit", "alerts", log, "--run", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "A12  builder" in done.stdout
    assert "told ops" in done.stdout
    (shown,) = map(json.loads, again.stdout.splitlines())
    assert [head["webhook-id"] for head, _ in receiver.got] == [shown["id"]]
    acknowledged = _wilkc("audit", "ack", shown["id"][:12], "--audit", log, "--by", "ann")
    assert acknowledged.stdout == f"acknowledged {shown['id']}\n"
    assert _wilkc("audit", "alerts", log).stdout == ""
    records = _wilkc("audit", "show", log).stdout
    assert "alert.acknowledged" in records
    assert "ann" not in records
    once_more = _wilkc("audit", "ack", shown["id"], "--audit", log)
    assert once_more.returncode == 2
    assert "there is no open alert" in once_more.stderr


def test_without_settings_nobody_can_be_told(log: Path) -> None:
    done = _wilkc("audit", "alerts", log, "--run")
    assert done.returncode == 2
    assert done.stderr.startswith("wilkc: cannot read `")
    assert "alerts.toml" in done.stderr


def test_listing_needs_neither_settings_nor_keys(log: Path) -> None:
    done = _wilkc("audit", "alerts", log)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_alert_that_is_not_there(log: Path) -> None:
    done = _wilkc("audit", "ack", "../x", "--audit", log)
    assert done.returncode == 2
    assert done.stderr.startswith("wilkc: there is no open alert `../x`")


def test_acknowledging_needs_a_log() -> None:
    done = _wilkc("audit", "ack", "abc")
    assert done.returncode == 2
    assert "--audit DIR" in done.stderr
