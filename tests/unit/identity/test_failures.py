"""Failures are counted, delayed and told, and say nothing to who guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError
from wilkc.identity import PUBLIC_MESSAGE, AuthenticationError, Failure, Identity
from wilkc.identity.throttle import FORGOTTEN, FREE, FREE_OF_SITE, MAX_DELAY, counted_as, delay_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock

WRONG = "wk_0123456789abcdef_" + "A" * 43


def _fails(identity: Identity, text: str = WRONG, source: str = "here") -> str:
    with pytest.raises(AuthenticationError) as raised:
        identity.authenticate(text, channel="test", source=source)
    return raised.value.detail


def test_a_source_waits_longer_each_time(
    opened: Callable[[], Identity], clock: StillClock, told: list[Failure]
) -> None:
    identity, other = opened(), opened()
    _, right = identity.api_keys.create("a", ["*:*"])
    assert [_fails(identity) for _ in range(FREE + 1)] == ["credential_unknown"] * (FREE + 1)
    # Not even the right one is looked at, by whatever process.
    assert _fails(other, right) == "too_many_failures"
    clock.passes(1)
    assert _fails(other) == "credential_unknown"
    clock.passes(1)
    assert _fails(identity, right) == "too_many_failures"
    clock.passes(1)
    assert identity.authenticate(right, channel="test", source="here").id == "a"
    assert _fails(identity) == "credential_unknown"
    assert [(one.detail, one.count) for one in told] == [
        *(("credential_unknown", count) for count in (1, 2, 3, 4)),
        ("too_many_failures", 1),
        ("credential_unknown", 5),
        ("too_many_failures", 1),
        ("credential_unknown", 1),
    ]


def test_the_tries_of_a_wait_are_one_record(
    identity: Identity, clock: StillClock, told: list[Failure]
) -> None:
    _, right = identity.api_keys.create("a", ["*:*"])
    for _ in range(FREE + 1):
        _fails(identity)
    told.clear()
    for _ in range(100):
        assert _fails(identity, right) == "too_many_failures"
    assert [(one.detail, one.source, one.count) for one in told] == [
        ("too_many_failures", "here", 1)
    ]
    clock.passes(1)
    assert _fails(identity) == "credential_unknown"
    for text in (WRONG, right, WRONG):
        assert _fails(identity, text) == "too_many_failures"
    # With the next wait: the other 99 of the one before, and its own first.
    assert [one.count for one in told] == [1, FREE + 2, 100]
    assert right[-43:] not in repr(told)


def test_a_wait_that_cannot_be_told_is_an_error(folder: Path) -> None:
    broken: list[str] = []

    def tell(failure: Failure) -> None:
        if broken:
            raise UnavailableError(f"the record is full: {failure.detail}")

    identity = Identity(folder, tell=tell)
    for _ in range(FREE + 1):
        _fails(identity)
    broken.append("full")
    with pytest.raises(UnavailableError, match="too_many_failures"):
        identity.authenticate(WRONG, channel="test", source="here")
    identity.close()


def test_others_do_not_wait(identity: Identity) -> None:
    _, right = identity.api_keys.create("a", ["*:*"])
    for _ in range(FREE + 1):
        _fails(identity)
    assert identity.authenticate(right, channel="test", source="there").id == "a"


def test_whoever_fails_with_the_name_of_a_key_does_not_shut_its_owner_out(
    identity: Identity, clock: StillClock
) -> None:
    made, right = identity.api_keys.create("a", ["*:*"])
    _, fresh = identity.api_keys.create("a", ["*:*"])
    guess = f"wk_{made.id}_" + "A" * 43
    # From elsewhere nothing is counted by the name.
    for _ in range(FREE + 3):
        _fails(identity, guess, "elsewhere")
        clock.passes(MAX_DELAY)
    assert identity.authenticate(right, channel="test", source="here").id == "a"
    # From the same place, such as a proxy, the owner is known by all of the key.
    for _ in range(20):
        for _ in range(3):
            assert _fails(identity, guess) in {"credential_unknown", "too_many_failures"}
        assert identity.authenticate(right, channel="test", source="here").id == "a"
        clock.passes(1)
    # Its twins: what was not accepted before, or not here, or not at this channel, waits.
    for _ in range(FREE + 6):
        _fails(identity, guess)
        clock.passes(60)
    _fails(identity, guess)
    assert _fails(identity, fresh) == "too_many_failures"
    assert _fails(identity, guess) == "too_many_failures"
    assert identity.authenticate(right, channel="test", source="here").id == "a"


def test_what_is_remembered_is_judged_as_ever(identity: Identity, clock: StillClock) -> None:
    made, right = identity.api_keys.create("a", ["*:*"])
    assert identity.authenticate(right, channel="test", source="here").id == "a"
    for _ in range(FREE + 1):
        _fails(identity)
    identity.revocations.revoke("key", made.id)
    assert _fails(identity, right) == "credential_revoked"
    # It was no more than once.
    assert _fails(identity, right) == "too_many_failures"
    clock.passes(1)
    assert _fails(identity, right) == "too_many_failures"


def test_what_was_accepted_is_forgotten(identity: Identity, clock: StillClock) -> None:
    _, right = identity.api_keys.create("a", ["*:*"])
    assert identity.authenticate(right, channel="test", source="here").id == "a"
    clock.passes(FORGOTTEN)
    for _ in range(FREE + 1):
        _fails(identity)
    assert _fails(identity, right) == "too_many_failures"


def test_addresses_of_one_network_wait_together(identity: Identity, told: list[Failure]) -> None:
    """Who has one address of IPv6 has 2^64: each would be somebody else's bucket."""
    _, right = identity.api_keys.create("a", ["*:*"])
    for number in range(FREE + 1):
        assert _fails(identity, source=f"2001:db8:7:1::{number:x}") == "credential_unknown"
    assert _fails(identity, right, "2001:db8:7:1:ffff:ffff:ffff:ffff") == "too_many_failures"
    other = identity.authenticate(right, channel="test", source="2001:db8:7:2::1")
    assert other.id == "a"
    # The record names each of them.
    assert [one.source for one in told][:2] == ["2001:db8:7:1::0", "2001:db8:7:1::1"]
    assert [one.count for one in told][: FREE + 1] == [1, 2, 3, 4]


def test_networks_of_one_site_wait_together_later(identity: Identity, clock: StillClock) -> None:
    _, right = identity.api_keys.create("a", ["*:*"])
    failures = [
        _fails(identity, source=f"2001:db8:7:{number:x}::1") for number in range(FREE_OF_SITE + 1)
    ]
    assert failures == ["credential_unknown"] * (FREE_OF_SITE + 1)
    assert _fails(identity, right, "2001:db8:7:ffff::1") == "too_many_failures"
    assert identity.authenticate(right, channel="test", source="2001:db8:8::1").id == "a"
    clock.passes(1)
    assert identity.authenticate(right, channel="test", source="2001:db8:7:ffff::1").id == "a"
    # That success forgets the failures of the site.
    assert _fails(identity, source="2001:db8:7:fffe::1") == "credential_unknown"
    assert identity.authenticate(right, channel="test", source="2001:db8:7:fffd::1").id == "a"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("2001:db8:7:1:2::3", ["2001:db8:7:1::/64", "2001:db8:7::/48"]),
        ("fe80::1%eth0", ["fe80::/64", "fe80::/48"]),
        ("::ffff:192.0.2.1", ["192.0.2.1"]),
        ("192.0.2.1", ["192.0.2.1"]),
        ("socket", ["socket"]),
        ("uid 1000", ["uid 1000"]),
        ("2001:db8::/32", ["2001:db8::/32"]),
    ],
)
def test_what_a_source_is_counted_as(source: str, names: list[str]) -> None:
    assert list(counted_as(source)) == names


def test_failures_are_forgotten_after_an_hour(identity: Identity, clock: StillClock) -> None:
    for _ in range(FREE):
        _fails(identity)
    clock.passes(3601)
    assert [_fails(identity) for _ in range(FREE)] == ["credential_unknown"] * FREE
    assert _fails(identity) == "credential_unknown"


def test_delays_are_bounded() -> None:
    delays = [delay_of(count) for count in range(1, 10_000)]
    assert delays[:FREE] == [0] * FREE
    assert delays[FREE : FREE + 4] == [1, 2, 4, 8]
    assert max(delays) == delays[-1] == MAX_DELAY
    assert delays == sorted(delays)


def test_what_is_told_holds_no_secret(identity: Identity, told: list[Failure]) -> None:
    key, text = identity.api_keys.create("a", ["*:*"])
    identity.revocations.revoke("key", key.id)
    identity.revocations.revoke("agent", "a")
    assert _fails(identity, text) == "credential_revoked"
    _fails(identity, text[:-1] + "!")
    assert [(one.detail, one.channel, one.source) for one in told] == [
        ("credential_revoked", "test", "here"),
        ("credential_malformed", "test", "here"),
    ]
    assert text[-43:] not in repr(told)
    assert PUBLIC_MESSAGE == "the credential is not accepted"


def test_a_failure_that_cannot_be_told_is_no_success(folder: Path) -> None:
    def fail(failure: Failure) -> None:
        raise UnavailableError(f"the record is full: {failure.detail}")

    identity = Identity(folder, tell=fail)
    with pytest.raises(UnavailableError, match="the record is full"):
        identity.authenticate(WRONG, channel="test", source="here")
    identity.close()


@pytest.mark.parametrize(
    "text", ["", "x", "wk_\x00", "é" * 100, "A" * 100_000, "a.b.c", "..", "{}"]
)
def test_hostile_texts_are_refused(identity: Identity, text: str) -> None:
    assert _fails(identity, text) in {"credential_malformed", "credential_unknown"}


def test_a_fault_inside_lets_nobody_in(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise ZeroDivisionError(text)

    monkeypatch.setattr(identity.api_keys, "authenticate", broken)
    with pytest.raises(UnavailableError, match="ZeroDivisionError"):
        identity.authenticate(WRONG, channel="test", source="here")
