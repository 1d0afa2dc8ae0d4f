"""Addresses that are not dialled, and secrets that are not used."""

from __future__ import annotations

import base64
import os
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.alerts.hooked import AT_US, SECRET, hook, refused
from wilkc.runtime.alerts import Engine, Message
from wilkc.runtime.egress.outside import Outside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runtime.alerts.authority import Receiver
    from tests.unit.runtime.alerts.conftest import Happening


@pytest.fixture
def message(happens: Happening) -> Message:
    """An alert about an agent whose name is an attempt to be more than a name."""
    seen = happens("file.delete", risk="high", agent="a\r\nx-evil: 1")
    return Message(Engine().take(seen)[0], "example.org/log")


@pytest.mark.parametrize(
    ("addresses", "private"),
    [
        (["127.0.0.1"], ()),
        (["127.0.0.1"], ("10.0.0.0/8",)),
        (["10.0.0.1"], ("127.0.0.0/8",)),
        (["127.0.0.1", "192.168.0.1"], ("127.0.0.0/8",)),
        (["169.254.169.254"], ("169.254.0.0/16",)),
        (["0.0.0.1"], ("0.0.0.0/8",)),
        (["::ffff:127.0.0.1"], ("127.0.0.0/8",)),
        (["127.1"], ("127.0.0.0/8",)),
    ],
)
def test_an_address_that_must_not_be_dialled(
    addresses: list[str],
    private: tuple[str, ...],
    tmp_path: Path,
    receiver: Receiver,
    message: Message,
) -> None:
    channel = hook(tmp_path, receiver.port, private=private)
    channel = replace(channel, outside=Outside(resolve=lambda _: addresses))
    assert refused(channel, message) == "address_refused"
    assert receiver.connections == 0


def test_the_address_that_was_judged_is_the_one_that_is_dialled(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    """A name that leads elsewhere at the second question leads nowhere."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    channel = hook(tmp_path, receiver.port)
    replace(channel, outside=Outside(resolve=lambda _: answers.pop(0))).send(message, at_us=AT_US)
    assert len(answers) == 1
    assert len(receiver.got) == 1


def test_a_resolver_that_hangs_ends_with_the_time(tmp_path: Path, message: Message) -> None:
    release = threading.Event()

    def hang(_: str) -> list[str]:
        release.wait(30)
        return []

    channel = replace(hook(tmp_path, 1, ca_file=""), outside=Outside(resolve=hang), seconds=0.2)
    assert refused(channel, message) == "name_not_resolved"
    release.set()


def test_the_environment_names_no_proxy_and_no_place_for_keys(
    tmp_path: Path, receiver: Receiver, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
        hook(tmp_path, receiver.port).send(message, at_us=AT_US)
    assert len(receiver.got) == 1
    assert not (tmp_path / "keys.log").exists()


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        (f"whsec_{SECRET}", 0o640, "secret_open"),
        (f"whsec_{SECRET}", 0o604, "secret_open"),
        (SECRET, 0o600, "secret_malformed"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), 0o600, "secret_malformed"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), 0o600, "secret_malformed"),
        ("whsec_!", 0o600, "secret_malformed"),
        ("", 0o600, "secret_malformed"),
        ("\udcff", 0o600, "secret_malformed"),
    ],
)
def test_a_secret_that_is_none_or_open_to_others(
    text: str, mode: int, code: str, tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port)
    path = tmp_path / "secret"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(mode)
    assert refused(channel, message) == code
    assert receiver.connections == 0


def test_a_secret_that_is_missing_or_a_link(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port)
    (tmp_path / "secret").rename(tmp_path / "elsewhere")
    assert refused(channel, message) == "secret_unreadable"
    os.symlink(tmp_path / "elsewhere", tmp_path / "secret")  # noqa: PTH211  # as an attacker would
    assert refused(channel, message) == "secret_unreadable"


@pytest.mark.parametrize("count", [0, 3])
def test_there_are_one_or_two_secrets(
    count: int, tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port, secret_files=("secret",) * count)
    assert refused(channel, message) == "secret_malformed"


def test_authorities_that_cannot_be_read(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port, ca_file="none.pem")
    assert refused(channel, message) == "ca_unreadable"
