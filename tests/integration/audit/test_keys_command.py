"""`wilkc keys` and `wilkc audit shred` on a real log, with what each refuses."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc
from wilkc.cli.recording import open_keys
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit import Actor, AuditLogger, AuditSettings, Event
from wilkc.runtime.audit.settings import keep_settings, kept_settings
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import export_keys, read_export

if TYPE_CHECKING:
    from pathlib import Path

ALICE = "alice@example.org"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log about one person."""
    place = tmp_path / "a log"
    made = run_wilkc(
        "audit", "init", place, "--origin", "example.org/keys/test", "--reserve", "4KiB",
        "--root-key", tmp_path / "root",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (tmp_path / "vkey").write_text(made.stdout.strip())
    with AuditLogger.open(place, _keys(place), provider=_provider(place)) as logger:
        logger.system(Event("auth.login", "session:1", Actor("user", ALICE, "Alice")))
    (tmp_path / "words").write_text("four random words here\n")
    (tmp_path / "words").chmod(0o600)
    return place


def _keys(log: Path) -> Path:
    return log.with_name(f"{log.name}.keys")


def _provider(log: Path) -> Path:
    return log.with_name(f"{log.name}.keys.provider")


def _verified(log: Path) -> int:
    root = (log.parent / "vkey").read_text()
    return run_wilkc("audit", "verify", log, "--root", root).returncode


def test_keys_are_listed_and_rotated(log: Path) -> None:
    assert run_wilkc("keys", "rotate", log).stdout == "nothing was due\n"
    done = run_wilkc("keys", "rotate", log, "--now")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["created", "kek"], ["rotated", "kek"],
    ]  # fmt: skip
    listed = json.loads(run_wilkc("keys", "list", log, "-f", "json").stdout)
    keks = [(key["state"], bool(key["rotate_after"])) for key in listed["keys"]
            if key["use"] == "kek"]  # fmt: skip
    assert keks == [("decrypt_only", True), ("active", True)]
    assert (listed["due"], listed["overdue"], listed["persons"]) == (False, False, 1)
    text = run_wilkc("keys", "list", log).stdout
    assert "decrypt_only" in text
    assert text.splitlines()[-1].endswith("rotation not due")
    assert _verified(log) == 0


def test_a_person_is_shredded(log: Path) -> None:
    held = run_wilkc("audit", "hold", "place", log, "--first", "0", "--id", "case-7")
    assert held.returncode == 0
    refused = run_wilkc("audit", "shred", log, "--subject", ALICE, "--reason", "asked")
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "held by `case-7`" in refused.stderr
    assert run_wilkc("audit", "hold", "release", log, "case-7").returncode == 0
    done = run_wilkc("audit", "shred", log, "--subject", ALICE, "--reason", "asked")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pending   erasure-")
    again = run_wilkc("audit", "shred", log, "--subject", ALICE, "--reason", "asked")
    assert (again.returncode, again.stdout) == (2, "")
    assert "nothing is kept" in again.stderr
    listed = json.loads(run_wilkc("keys", "list", log, "-f", "json").stdout)
    assert [one["state"] for one in listed["erasures"]] == ["pending"]
    assert listed["persons"] == 0
    assert _verified(log) == 0


def test_a_backup_of_the_keys_is_rehearsed(log: Path, tmp_path: Path) -> None:
    words, copy = tmp_path / "words", tmp_path / "elsewhere" / "copy"
    copy.parent.mkdir()
    made = run_wilkc("keys", "export", log, copy, "--passphrase-file", words)
    assert made.returncode == 0, made.stderr
    name = made.stdout.strip()
    assert b"Alice" not in copy.read_bytes()
    shutil.rmtree(_keys(log))
    _provider(log).unlink()
    lost = run_wilkc("keys", "list", log)
    assert lost.returncode == 5
    assert "audit_key_missing" in lost.stderr
    done = run_wilkc("keys", "restore", copy, log, "--passphrase-file", words)
    assert done.returncode == 0, done.stderr
    with AuditLogger.open(log, _keys(log), provider=_provider(log)) as logger:
        logger.system(Event("auth.login", "session:2", Actor("user", ALICE, "Alice")))
    assert _verified(log) == 0
    listed = json.loads(run_wilkc("keys", "list", log, "-f", "json").stdout)
    assert [one["export"] for one in listed["exports"]] == [name]
    assert listed["persons"] == 1
    assert run_wilkc("keys", "confirm-destroyed", log, name).returncode == 0
    again = run_wilkc("keys", "confirm-destroyed", log, name)
    assert (again.returncode, again.stdout) == (2, "")


def test_copies_are_refused_where_they_must_not_be(log: Path, tmp_path: Path) -> None:
    words, backup = tmp_path / "words", tmp_path / "backup"
    backup.mkdir()
    export = ("keys", "export", log)
    options = ("--passphrase-file", words, "--apart-from", backup)
    for place in (log / "copy", _keys(log) / "copy", backup / "copy", words):
        done = run_wilkc(*export, place, *options)
        assert (done.returncode, done.stdout) == (2, ""), place
        assert "Traceback" not in done.stderr
    assert list(backup.iterdir()) == []
    listed = json.loads(run_wilkc("keys", "list", log, "-f", "json").stdout)
    assert listed["exports"] == []
    words.chmod(0o644)
    opened = run_wilkc(*export, tmp_path / "copy", *options)
    assert opened.returncode == 5
    assert "others may read it" in opened.stderr


def test_bad_copies_are_refused(log: Path, tmp_path: Path) -> None:
    words, copy, other = tmp_path / "words", tmp_path / "copy", tmp_path / "other"
    assert run_wilkc("keys", "export", log, copy, "--passphrase-file", words).returncode == 0
    other.write_text("another passphrase\n")
    other.chmod(0o600)
    where = ("--keys", tmp_path / "new keys", "--provider", tmp_path / "new provider")
    wrong = run_wilkc("keys", "restore", copy, log, "--passphrase-file", other, *where)
    assert wrong.returncode == 5
    assert "does not open" in wrong.stderr
    assert not (tmp_path / "new keys").exists()
    taken = run_wilkc("keys", "restore", copy, log, "--passphrase-file", words)
    assert taken.returncode == 2
    assert "is not empty" in taken.stderr
    text = copy.read_bytes()
    copy.write_bytes(text.replace(b"example.org/keys/test", b"example.org/keys/tesu"))
    moved = run_wilkc("keys", "restore", copy, log, "--passphrase-file", words, *where)
    assert moved.returncode == 5
    assert "Traceback" not in moved.stderr


def test_an_older_copy_is_refused_by_the_log(log: Path, tmp_path: Path) -> None:
    words, copy = tmp_path / "words", tmp_path / "copy"
    assert run_wilkc("keys", "export", log, copy, "--passphrase-file", words).returncode == 0
    assert run_wilkc("keys", "rotate", log, "--now").returncode == 0
    shutil.rmtree(_keys(log))
    assert run_wilkc("keys", "restore", copy, log, "--passphrase-file", words).returncode == 0
    done = run_wilkc("keys", "rotate", log)
    assert done.returncode == 5
    assert "audit_key_missing" in done.stderr or "the log knows" in done.stderr


def test_a_restored_copy_brings_back_how_to_write_and_what_was_held(
    log: Path, tmp_path: Path
) -> None:
    """A rehearsal: the machine is lost, log and keys come from their copies."""
    told = AuditSettings(reserve_bytes=4096, min_free_bytes=0, seal_resources=True)
    keep_settings(_keys(log), told, Disk())
    with AuditLogger.open(log, _keys(log), provider=_provider(log)) as logger:
        logger.system(Event("auth.login", "session:1", Actor("user", ALICE, "Alice")))
    shutil.copytree(log, tmp_path / "older")
    with AuditLogger.open(log, _keys(log), provider=_provider(log)) as logger:
        logger.system(Event("auth.login", "session:2", Actor("user", ALICE, "Alice")))
    words = ("--passphrase-file", tmp_path / "words")
    assert run_wilkc("keys", "export", log, tmp_path / "copy", *words).returncode == 0
    copied = tmp_path / "lost"
    copied.mkdir()
    _keys(log).rename(copied / "keys")
    _provider(log).rename(copied / "provider")
    done = run_wilkc("keys", "restore", tmp_path / "copy", log, *words)
    assert done.returncode == 0, done.stderr
    assert kept_settings(_keys(log)) == told
    held = {one.name: one.read_bytes() for one in (copied / "keys" / "held").iterdir()}
    assert {
        one.name: one.read_bytes() for one in (_keys(log) / "held").iterdir()
    }.keys() == held.keys()
    assert run_wilkc("audit", "recover", log).returncode == 0
    assert _verified(log) == 0
    # Who hands back a log that was cut before the copy was made is found out.
    log.rename(copied / "log")
    (tmp_path / "older").rename(log)
    cut = run_wilkc("audit", "recover", log)
    assert cut.returncode == 5
    assert "TRUNCATED" in cut.stderr


def test_a_copy_that_names_files_of_its_own_choice_is_refused(log: Path) -> None:
    store = open_keys(str(log), None, None)
    passphrase = b"four random words here"
    good = store.directory / "held"
    for name in ("UPPER", "a b", "x\u00e9"):
        (good / name).write_bytes(b"x")
        copy = export_keys(store, "export-1", passphrase)
        with pytest.raises(VerificationError, match="named as none is"):
            read_export(copy, passphrase)
        (good / name).unlink()
    assert read_export(export_keys(store, "export-1", passphrase), passphrase).files
