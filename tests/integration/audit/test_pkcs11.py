"""The keys of a log wrapped by a real PKCS #11 token, SoftHSM."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import lacking
from tests.softhsm import PROGRAM, Token

if TYPE_CHECKING:
    from pathlib import Path

_LOGIN = """
import sys
from pathlib import Path
from wilkc.runtime.audit import Actor, AuditLogger, Event
log, keys, provider, person = sys.argv[1:]
with AuditLogger.open(Path(log), Path(keys), provider=provider) as logger:
    logger.system(Event("auth.login", "session:1", Actor("user", person, "Alice")))
"""
_TAKE_OUT = """
import sys, pkcs11
from pkcs11 import Attribute, KeyType
library, pin, label, made = sys.argv[1:]
token = pkcs11.lib(library).get_token(token_label="wilk test")
with token.open(rw=True, user_pin=pin) as session:
    if made:
        session.generate_key(KeyType.AES, 256, label=label, id=b"\\0" * 16, store=True,
                             template={Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})
    for key in session.get_objects({Attribute.LABEL: label}):
        try:
            print(len(key[Attribute.VALUE]))
        except pkcs11.AttributeSensitive:
            print("kept")
"""


@pytest.fixture
def token(tmp_path: Path) -> Token:
    """A fresh token."""
    if PROGRAM is None:
        lacking("softhsm", "softhsm2-util is not installed")
    return Token.make(tmp_path / "a token")


@pytest.fixture
def log(token: Token, tmp_path: Path) -> Path:
    """A log whose first keys the token wraps."""
    place = tmp_path / "a log"
    made = _wilkc(
        token, "audit", "init", place, "--origin", "example.org/token/test", "--reserve", "4KiB",
        "--root-key", tmp_path / "root", "--provider", token.uri(),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (tmp_path / "vkey").write_text(made.stdout.strip())
    return place


def _run(token: Token, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, env=token.environment, capture_output=True, text=True, check=False
    )


def _wilkc(token: Token, *arguments: object) -> subprocess.CompletedProcess[str]:
    return _run(token, "-m", "wilkc.cli.main", *arguments)


def _keys(log: Path) -> Path:
    return log.with_name(f"{log.name}.keys")


def test_a_log_lives_by_its_token(token: Token, log: Path, tmp_path: Path) -> None:
    done = _run(token, "-c", _LOGIN, log, _keys(log), token.uri(), "alice")
    assert done.returncode == 0, done.stderr
    options = ("--provider", token.uri())
    rotated = _wilkc(token, "keys", "rotate", log, "--now", *options)
    assert rotated.returncode == 0, rotated.stderr
    shredded = _wilkc(
        token, "audit", "shred", log, "--subject", "alice", "--reason", "asked", *options
    )
    assert shredded.returncode == 0, shredded.stderr
    assert "pkcs11:00000000" in shredded.stderr  # the token's old key is waited for
    listed = _wilkc(token, "keys", "list", log, "-f", "json", *options)
    states = [key["state"] for key in json.loads(listed.stdout)["keys"] if key["use"] == "kek"]
    assert states == ["decrypt_only", "decrypt_only", "active"]
    root = (tmp_path / "vkey").read_text()
    assert _wilkc(token, "audit", "verify", log, "--root", root).returncode == 0
    taken = _run(token, "-c", _TAKE_OUT, token.library, "4321", "audit", "")
    assert taken.stdout.split() == ["kept", "kept"]
    files = [path for path in _keys(log).rglob("*") if path.is_file()]
    assert all(b"4321" not in path.read_bytes() for path in files)


def test_what_a_token_refuses(token: Token, log: Path) -> None:
    token.pin.write_text("9999\n")
    wrong = _wilkc(token, "keys", "list", log, "--provider", token.uri())
    assert (wrong.returncode, wrong.stdout) == (5, "")
    assert "audit_key_missing" in wrong.stderr
    assert "9999" not in wrong.stderr
    token.pin.write_text("4321\n")
    other = _wilkc(token, "keys", "list", log, "--provider", token.uri("other"))
    assert other.returncode == 5
    assert "has no key `other`" in other.stderr
    _run(token, "-c", _TAKE_OUT, token.library, "4321", "open", "made")
    loose = _wilkc(token, "keys", "list", log, "--provider", token.uri("open"))
    assert loose.returncode == 5
    assert "can be taken out" in loose.stderr
    for place in (f"{token.uri()}&pin-value=4321", "pkcs11:token=x", f"{token.uri()}&x=y"):
        done = _wilkc(token, "keys", "list", log, "--provider", place)
        assert (done.returncode, done.stdout) == (2, ""), place
        assert "Traceback" not in done.stderr


_IN_ONE_PROCESS = """
import os, sys, threading
from pathlib import Path
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys.provider import create_provider, open_provider
place = sys.argv[1]
first = create_provider(place, [], Disk())
sealed = first.wrap(b"x" * 32, b"bound")
opens = lambda provider: provider.unwrap(sealed, b"bound") == b"x" * 32
second = open_provider(place, [])
print("second", opens(second), second._opened is first._opened)
several = [open_provider(place, []) for _ in range(4)]
failed = []
def unwrap(provider):
    for _ in range(50):
        if not opens(provider):
            failed.append(provider)
threads = [threading.Thread(target=unwrap, args=(one,)) for one in several]
[one.start() for one in threads]
[one.join() for one in threads]
print("threads", not failed)
sys.stdout.flush()
child = os.fork()
if child == 0:
    again = open_provider(place, [])
    print("child", opens(again), again._opened is not first._opened, flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", opens(first))
first._opened.session.close()
try:
    opens(first)
except Exception as error:
    print("closed", type(error).__name__)
print("again", opens(open_provider(place, [])))
"""


def test_all_of_a_process_share_a_login(token: Token) -> None:
    done = _run(token, "-c", _IN_ONE_PROCESS, token.uri())
    assert done.stderr == ""
    assert done.stdout.split("\n") == [
        "second True True",
        "threads True",
        "child True True",
        "parent True",
        "closed VerificationError",
        "again True",
        "",
    ]
