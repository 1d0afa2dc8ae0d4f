"""What is revoked is revoked at once, everywhere, and nothing else is."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError
from wilkc.identity import AuthenticationError, Identity, Revocations
from wilkc.identity.revocation import LEAST_SLOTS, LOOK_SECONDS, create_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock

NOW = 1_800_000_000
SCOPE = ["*:*"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    create_table(tmp_path)
    return tmp_path


def _authenticate(identity: Identity, text: str) -> str:
    return identity.authenticate(text, channel="test", source="here").id


@pytest.mark.parametrize("kind", ["key", "principal", "agent"])
def test_an_open_process_knows_at_once(
    opened: Callable[[], Identity], kind: str, clock: StillClock
) -> None:
    writer, reader = opened(), opened()
    key, text = writer.api_keys.create("a", SCOPE)
    other, spared = writer.api_keys.create("b", SCOPE)
    assert _authenticate(reader, text) == "a"
    writer.revocations.revoke(kind, key.id if kind == "key" else "a")  # type: ignore[arg-type]
    with pytest.raises(AuthenticationError, match="credential_revoked"):
        reader.api_keys.authenticate(text)
    assert _authenticate(reader, spared) == "b"
    assert other.principal == "b"
    assert clock.now()


def test_another_process_knows_within_a_second(folder: Path, identity: Identity) -> None:
    key, text = identity.api_keys.create("a", SCOPE)
    program = (
        "import sys, time, pathlib\n"
        "from wilkc.identity import Identity, AuthenticationError\n"
        "one = Identity(pathlib.Path(sys.argv[1]))\n"
        "print(one.api_keys.authenticate(sys.argv[2]).id, flush=True)\n"
        "began = None\n"
        "sys.stdin.readline()\n"
        "time.sleep(1)\n"
        "try:\n"
        "    one.api_keys.authenticate(sys.argv[2])\n"
        "    print('let in')\n"
        "except AuthenticationError as error:\n"
        "    print(error.detail)\n"
    )
    # Its clock is the real one, which is behind the test's: the key lives there, too.
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder), text],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "a\n"
        identity.revocations.revoke("key", key.id)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.read() == "credential_revoked\n"


def test_a_revocation_ends_when_it_says_and_can_be_lifted(table: Path) -> None:
    one = Revocations(table)
    one.revoke("token", "x", until=NOW)
    assert one.is_revoked("token", "x", NOW - 1)
    assert not one.is_revoked("token", "x", NOW)
    one.revoke("agent", "y")
    assert one.restore("agent", "y")
    assert not one.is_revoked("agent", "y", NOW)
    assert not one.restore("agent", "y")
    one.revoke("agent", "y")
    assert one.is_revoked("agent", "y", NOW)


def test_a_later_revocation_never_shortens_an_earlier_one(table: Path) -> None:
    one = Revocations(table)
    one.revoke("token", "x")
    one.revoke("token", "x", until=NOW)
    assert one.is_revoked("token", "x", NOW + 1)


def test_kinds_and_names_do_not_run_together(table: Path) -> None:
    one = Revocations(table)
    one.revoke("token", "a b")
    assert not one.is_revoked("token", "a", NOW)
    assert not one.is_revoked("session", "a b", NOW)
    assert not one.is_revoked("token", "a\0b", NOW)


def test_it_grows_and_forgets_nothing_while_others_read(table: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chosen = random.Random(seed)
    writer, reader = Revocations(table), Revocations(table)
    names = [f"{chosen.getrandbits(64):x}" for _ in range(3 * LEAST_SLOTS)]
    writer.revoke_many(("token", name, 2**62) for name in names)
    time.sleep(LOOK_SECONDS)
    for one in (writer, reader, Revocations(table)):
        assert all(one.is_revoked("token", name, NOW) for name in names)
        assert not any(one.is_revoked("token", f"{name}x", NOW) for name in names)


def test_what_ended_makes_room(table: Path) -> None:
    one = Revocations(table)
    past = int(time.time()) - 1
    for turn in range(6):
        one.revoke_many(("token", f"{turn}-{n}", past) for n in range(LEAST_SLOTS // 2))
    one.revoke("agent", "kept")
    before = (table / "revoked.table").stat().st_size
    assert before == Revocations(table)._table.size
    assert before < 24 * 2 * LEAST_SLOTS
    assert one.is_revoked("agent", "kept", NOW)


def test_two_writers_lose_nothing(table: Path) -> None:
    first, second = Revocations(table), Revocations(table)
    for n in range(LEAST_SLOTS):
        (first if n % 2 else second).revoke("token", str(n))
    found = Revocations(table)
    assert all(found.is_revoked("token", str(n), NOW) for n in range(LEAST_SLOTS))


def test_without_the_list_nobody_is_let_in(identity: Identity, folder: Path) -> None:
    _, text = identity.api_keys.create("a", SCOPE)
    (folder / "revoked.table").unlink()
    time.sleep(LOOK_SECONDS)
    with pytest.raises(UnavailableError):
        _authenticate(identity, text)


@pytest.mark.parametrize("damage", [b"", b"WILKREV1", b"X" * 200, b"WILKREV1" + bytes(300)])
def test_a_damaged_list_is_refused(table: Path, damage: bytes) -> None:
    (table / "revoked.table").write_bytes(damage)
    with pytest.raises(UnavailableError):
        Revocations(table)


def test_a_link_in_the_place_of_the_list_is_refused(table: Path) -> None:
    os.rename(table / "revoked.table", table / "elsewhere")  # noqa: PTH104
    (table / "revoked.table").symlink_to(table / "elsewhere")
    with pytest.raises(UnavailableError):
        Revocations(table)
