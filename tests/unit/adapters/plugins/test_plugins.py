"""A plugin verifies to the byte, or not at all."""

from __future__ import annotations

import base64
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.adapters.plugins.conftest import KEY, SIGNER, VKEY
from wilkc.adapters.plugins import ENVELOPE, Revocations, sign_plugin, verify_plugin
from wilkc.adapters.plugins.content import MAX_FILES, MAX_HANDED, PAYLOAD_TYPE
from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.language.requests import MAX_REQUEST_BYTES
from wilkc.runtime.guard import securely
from wilkc.runtime.keys import SigningKey
from wilkc.runtime.keys.verifier import verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OTHER = SigningKey(bytes(32))


def refusal(folder: Path, name: str | None = None) -> str:
    with pytest.raises(VerificationError) as found:
        verify_plugin(folder, name)
    return found.value.message


def signed(folder: Path, payload: bytes, key: SigningKey = KEY, kind: str = PAYLOAD_TYPE) -> None:
    """Replace the envelope by one of another payload, with a good signature."""
    text = verifier_key(SIGNER, key.public).text
    envelope = Envelope(kind, payload, text, key.sign(signing_bytes(kind, payload)))
    (folder / ENVELOPE).write_bytes(envelope.encoded())


def payload_of(folder: Path) -> dict[str, Any]:
    found = parse_subset(parse_envelope((folder / ENVELOPE).read_bytes()).payload)
    assert isinstance(found, dict)
    return found


def test_a_signed_plugin_verifies_and_gives_its_bytes(plugin: Path) -> None:
    found = verify_plugin(plugin, "greet")
    assert (found.signer, found.statement.name, found.statement.entry) == (
        VKEY, "greet", "main.py",
    )  # fmt: skip
    assert found.files == {"main.py": b"print(1)\n", "words/en.txt": b"hello\n"}
    assert len(found.statement.digest) == 64


def test_signing_again_gives_the_same_digest(plugin: Path) -> None:
    before = verify_plugin(plugin).statement.digest
    again = sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=OTHER)
    assert again.digest == before
    assert verify_plugin(plugin).signer != VKEY


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda p: (p / ENVELOPE).unlink(), "not signed"),
        (lambda p: (p / "main.py").write_text("print(2)\n"), "`main.py` is not the one that was"),
        (lambda p: (p / "main.py").write_text("print(1)\n\n"), "`main.py` is not the one"),
        (lambda p: (p / "words" / "en.txt").unlink(), "`words/en.txt` is missing"),
        (lambda p: (p / "more.py").touch(), "`more.py` was not signed"),
        (lambda p: (p / ".hidden").touch(), "no plain name: '.hidden'"),
        (lambda p: (p / "a\nb").touch(), r"no plain name: 'a\nb'"),
        (lambda p: (p / "words" / "link").symlink_to("en.txt"), "cannot be read"),
        (lambda p: os.mkfifo(p / "pipe"), "no regular file"),
        (lambda p: (p / "deep" / "/".join("abcdefghi")).mkdir(parents=True), "folders in each"),
        (lambda p: (p / ENVELOPE).write_text("{}"), "malformed"),
        (lambda p: (p / ENVELOPE).write_text("x"), "not an envelope"),
        (lambda p: (p / ENVELOPE).write_bytes(b" " * (2**20 + 1)), "too large"),
    ],
)
def test_whatever_differs_from_what_was_signed(
    plugin: Path, change: Callable[[Path], object], why: str
) -> None:
    change(plugin)
    assert why in refusal(plugin)


def test_a_socket_is_no_file(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plugin)
    with socket.socket(socket.AF_UNIX) as laid:
        laid.bind("sock")
        assert "cannot be read" in refusal(plugin)


def test_a_folder_that_is_a_link(plugin: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(plugin)
    assert "cannot be read" in refusal(tmp_path / "link")
    assert "cannot be read" in refusal(tmp_path / "nothing")


def test_another_plugin_than_is_asked_for(plugin: Path) -> None:
    assert "is the plugin `greet`" in refusal(plugin, "greeter")


def test_every_byte_of_the_envelope_counts(plugin: Path) -> None:
    path = plugin / ENVELOPE
    data = path.read_bytes().rstrip(b"\n")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        path.write_bytes(bytes(changed))
        with pytest.raises(VerificationError):
            verify_plugin(plugin)


def test_a_signature_for_something_else_is_none(plugin: Path) -> None:
    payload = encode_subset(payload_of(plugin))
    signed(plugin, payload, kind="application/vnd.in-toto+json")
    assert "is no plugin" in refusal(plugin)
    signed(plugin, payload)
    assert verify_plugin(plugin).signer == VKEY


@pytest.mark.parametrize(
    "change",
    [
        {"v": "wilk.plugin/v2"},
        {"name": "../greet"},
        {"name": ""},
        {"version": 1},
        {"entry": "missing.py"},
        {"entry": None},
        {"files": {}},
        {"files": []},
        {"files": [{"path": "main.py", "sha256": "0" * 64}]},
        {"files": [{"path": "main.py", "sha256": "0" * 63, "size": 9}]},
        {"files": [{"path": "main.py", "sha256": "0" * 64, "size": True}]},
        {"files": [{"path": "main.py", "sha256": "0" * 64, "size": -1}]},
        {"files": [{"path": "../main.py", "sha256": "0" * 64, "size": 9}]},
        {"files": [{"path": "/main.py", "sha256": "0" * 64, "size": 9}]},
        {"more": 1},
    ],
)
def test_a_statement_that_is_none_though_it_is_signed(plugin: Path, change: dict[str, Any]) -> None:
    signed(plugin, encode_subset({**payload_of(plugin), **change}))
    assert "was signed is no plugin" in refusal(plugin)


def test_files_in_another_order_or_twice_are_no_second_text(plugin: Path) -> None:
    stated = payload_of(plugin)
    for files in (stated["files"][::-1], [*stated["files"], stated["files"][-1]]):
        signed(plugin, encode_subset({**stated, "files": files}))
        assert "not in order" in refusal(plugin)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": "a b"}, "no plain name"),
        ({"version": ""}, "no plain name"),
        ({"entry": "none.py"}, "is not there"),
        ({"signer": "a+b"}, "cannot be the name of a key"),
    ],
)
def test_what_cannot_be_signed(plugin: Path, given: dict[str, Any], why: str) -> None:
    before = (plugin / ENVELOPE).read_bytes()
    wanted = {"name": "greet", "version": "1", "entry": "main.py", "signer": SIGNER, **given}
    with pytest.raises(UsageError, match=why):
        sign_plugin(plugin, key=KEY, **wanted)
    assert (plugin / ENVELOPE).read_bytes() == before


def test_too_many_files(plugin: Path) -> None:
    for number in range(MAX_FILES):
        (plugin / f"f{number}").touch()
    assert "more than 256 files" in refusal(plugin)


def fill(folder: Path, *, more: int = 0) -> None:
    """Add a file by which a plugin is as large as it may be, or larger."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ENVELOPE]
    names = [str(path.relative_to(folder)) for path in files]
    held = sum(4 * -(-path.stat().st_size // 3) for path in files) + sum(map(len, names))
    # A quoted name, a colon, a blank, a quoted text, a comma and a blank.
    left = MAX_HANDED - held - 8 * (len(files) + 1) - len("data")
    (folder / "data").write_bytes(b"\xff" * (left // 4 * 3 + more))


def test_the_largest_plugin_fits_beside_any_arguments(plugin: Path) -> None:
    fill(plugin)
    sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    found = verify_plugin(plugin)
    files = {path: base64.b64encode(data).decode() for path, data in found.files.items()}
    arguments = {"a": "x" * (MAX_REQUEST_BYTES - len('{"a": ""}'))}
    securely.given(found.files["main.py"], {"arguments": arguments, "files": files}, "")


def test_a_plugin_that_no_run_could_be_handed(plugin: Path) -> None:
    before = (plugin / ENVELOPE).read_bytes()
    fill(plugin, more=1)
    with pytest.raises(UsageError, match="in base64 its files have more than 982976 bytes"):
        sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    assert (plugin / ENVELOPE).read_bytes() == before
    files = payload_of(plugin)["files"]
    files[0]["size"] = 2**20
    signed(plugin, encode_subset({**payload_of(plugin), "files": files}))
    (plugin / "data").unlink()
    assert "in base64" in refusal(plugin)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{digest}", "the plugin is revoked"),
        ("# old\n\n{digest} # since May\n", "the plugin is revoked"),
        ("{key}", "the key of the plugin is revoked"),
        ("{renamed}", "the key of the plugin is revoked"),
        ("x", "malformed in line 1"),
        ("0" * 63, "malformed in line 1"),
        ("é", "no text"),
        (None, "cannot be read"),
    ],
)
def test_what_is_revoked(plugin: Path, tmp_path: Path, text: str | None, why: str) -> None:
    found = verify_plugin(plugin)
    file = tmp_path / "revoked"
    if text is not None:
        renamed = verifier_key("elsewhere", KEY.public).text
        listed = text.format(digest=found.statement.digest, key=VKEY, renamed=renamed)
        file.write_text(listed, encoding="utf-8")
    with pytest.raises(VerificationError, match=why):
        Revocations(file).require_good(found)


def test_what_is_not_revoked(plugin: Path, tmp_path: Path) -> None:
    file = tmp_path / "revoked"
    file.write_text(f"# nothing of ours\n{'0' * 64}\n{verifier_key('x', OTHER.public).text}\n")
    Revocations(file).require_good(verify_plugin(plugin))
    file.write_text("")
    Revocations(file).require_good(verify_plugin(plugin))
