"""API keys: whole lives, and everything that is not one."""

from __future__ import annotations

import hmac
import stat
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.identity import AuthenticationError, Identity, create_identity
from wilkc.identity.api_keys import DAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock

SCOPE = ["file:read", "shell:*"]


def _shown(identity: Identity, text: str) -> str:
    return identity.authenticate(text, channel="test", source="here").id


def _refused(identity: Identity, text: str, detail: str) -> None:
    with pytest.raises(AuthenticationError) as raised:
        identity.api_keys.authenticate(text)
    assert raised.value.detail == detail
    assert not text or text not in raised.value.message


def test_a_key_says_who_asks_and_for_what(identity: Identity) -> None:
    key, text = identity.api_keys.create("researcher", SCOPE, acts_for=["worker-*"])
    found = identity.api_keys.authenticate(text)
    assert (found.id, found.method, found.credential) == ("researcher", "api_key", key.id)
    assert found.may_ask("file", "read")
    assert found.may_ask("shell", "execute")
    assert not found.may_ask("file", "write")
    assert found.may_ask_for("researcher")
    assert found.may_ask_for("worker-7")
    assert not found.may_ask_for("other")


def test_keys_have_256_random_bits_and_are_shown_once(identity: Identity, folder: Path) -> None:
    texts = {identity.api_keys.create("a", SCOPE)[1] for _ in range(50)}
    assert len({text[-43:] for text in texts}) == 50
    assert all(len(text) == len("wk_") + 16 + 1 + 43 for text in texts)
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert all(text[-43:].encode() not in kept for text in texts)


def test_files_are_closed_to_others(identity: Identity, folder: Path) -> None:
    identity.api_keys.create("a", SCOPE)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["identity.key", "identity.sqlite", "revoked.table"])
def test_a_file_that_others_may_read_lets_nobody_in(folder: Path, name: str) -> None:
    (folder / name).chmod(0o640)
    with pytest.raises(UnavailableError, match="closed to everybody else"):
        Identity(folder)


@pytest.mark.parametrize("name", ["identity.key", "identity.sqlite", "revoked.table"])
def test_a_file_that_is_gone_lets_nobody_in(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UnavailableError):
        Identity(folder)


def test_an_identity_is_not_made_twice(folder: Path) -> None:
    before = (folder / "identity.key").read_bytes()
    with pytest.raises(UsageError, match="already"):
        create_identity(folder)
    assert (folder / "identity.key").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["", "wk_", "wk_0123456789abcdef_", "wk_0123456789abcdef_" + "A" * 42, "wk_é",
     "wk_0123456789ABCDEF_" + "A" * 43, "wk_0123456789abcdef_" + "A" * 43 + "\n",
     "wk_0123456789abcdef_' OR 1=1 --" + "A" * 32],
)  # fmt: skip
def test_what_is_no_key_is_refused(identity: Identity, text: str) -> None:
    _refused(identity, text, "credential_malformed")


def test_a_wrong_secret_and_an_unknown_id_are_refused_alike(identity: Identity) -> None:
    _, text = identity.api_keys.create("a", SCOPE)
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    _refused(identity, wrong, "credential_unknown")
    _refused(identity, "wk_0123456789abcdef_" + "A" * 43, "credential_unknown")


def test_hashes_are_compared_in_constant_time(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = identity.api_keys.create("a", SCOPE)
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr("wilkc.identity.api_keys.hmac.compare_digest", compare)
    identity.api_keys.authenticate(text)
    _refused(identity, "wk_0123456789abcdef_" + "A" * 43, "credential_unknown")
    # The unknown key is compared too, with as many bytes.
    assert [len(one) for pair in compared for one in pair] == [32] * 4


def test_a_stolen_file_without_the_key_of_hashes_is_worth_nothing(
    identity: Identity, folder: Path, opened: Callable[[], Identity]
) -> None:
    _, text = identity.api_keys.create("a", SCOPE)
    (folder / "identity.key").write_bytes(bytes(32))
    _refused(opened(), text, "credential_unknown")


def test_a_key_ends(identity: Identity, clock: StillClock) -> None:
    _, text = identity.api_keys.create("a", SCOPE, days=2)
    clock.passes(2 * DAY - 1)
    assert _shown(identity, text) == "a"
    clock.passes(1)
    _refused(identity, text, "credential_expired")


def test_rotation_overlaps_and_ends(
    identity: Identity, opened: Callable[[], Identity], clock: StillClock
) -> None:
    key, old = identity.api_keys.create("a", SCOPE, acts_for=["b"], days=100, rotate_days=90)
    assert identity.api_keys.due() == []
    clock.passes(90 * DAY)
    assert [one.id for one in identity.api_keys.due()] == [key.id]
    made, new = identity.api_keys.rotate(key.id, overlap_days=7)
    assert identity.api_keys.due() == []
    assert (made.principal, made.scope, made.acts_for) == ("a", key.scope, key.acts_for)
    other = opened()
    assert _shown(other, old) == _shown(other, new) == "a"
    clock.passes(7 * DAY)
    _refused(other, old, "credential_expired")
    assert _shown(other, new) == "a"
    with pytest.raises(UsageError, match="rotated already"):
        identity.api_keys.rotate(key.id)


def test_an_overlap_never_prolongs_a_key(identity: Identity, clock: StillClock) -> None:
    key, old = identity.api_keys.create("a", SCOPE, days=10)
    clock.passes(9 * DAY)
    identity.api_keys.rotate(key.id, overlap_days=30)
    clock.passes(DAY)
    _refused(identity, old, "credential_expired")


def test_a_revoked_key_is_not_rotated_back_to_life(identity: Identity) -> None:
    key, _ = identity.api_keys.create("a", SCOPE)
    identity.revocations.revoke("key", key.id)
    with pytest.raises(AuthenticationError):
        identity.api_keys.rotate(key.id)
    assert len(identity.api_keys.listed()) == 1


def test_the_last_use_is_noted(identity: Identity, clock: StillClock) -> None:
    _, text = identity.api_keys.create("a", SCOPE)
    assert identity.api_keys.listed()[0].used == 0
    identity.api_keys.authenticate(text)
    assert identity.api_keys.listed()[0].used == clock.now()
    clock.passes(59)
    identity.api_keys.authenticate(text)
    assert identity.api_keys.listed()[0].used == clock.now() - 59
    clock.passes(1)
    identity.api_keys.authenticate(text)
    assert identity.api_keys.listed()[0].used == clock.now()


@pytest.mark.parametrize(
    ("principal", "scope", "acts_for", "days"),
    [("a b", SCOPE, [], 1), ("", SCOPE, [], 1), ("a", [], [], 1), ("a", ["file"], [], 1),
     ("a", ["file:read shell:execute"], [], 1), ("a", SCOPE, ["*x"], 1), ("a", SCOPE, ["é"], 1),
     ("a", SCOPE, [], 0), ("a", SCOPE, [], 366)],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_not_made(
    identity: Identity, principal: str, scope: list[str], acts_for: list[str], days: int
) -> None:
    with pytest.raises(UsageError):
        identity.api_keys.create(principal, scope, acts_for=acts_for, days=days)
    assert identity.api_keys.listed() == []


def test_the_clock_set_back_revives_nothing(identity: Identity, clock: StillClock) -> None:
    _, text = identity.api_keys.create("a", SCOPE, days=1)
    clock.passes(DAY)
    clock.saw(clock.now() - 10 * DAY)
    _refused(identity, text, "credential_expired")
