"""What operators do not allow is not even entered; what cannot be decided is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from wilkc.cli.activating import AskedLedger
from wilkc.core.errors import (
    RequestError,
    UnavailableError,
    UsageError,
    VerificationError,
    WilkError,
)

if TYPE_CHECKING:
    from wilkc.bundle import VerifiedBundle


class Bundle:
    """As much of a bundle as a ledger looks at."""

    revision = "r1"


class Ledger:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def enter(self, bundle: VerifiedBundle) -> None:
        self.told.append(bundle.revision)

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        self.told.append(f"{why}, perhaps" if unsure else why)


BUNDLE = cast("VerifiedBundle", Bundle())


def test_who_may_enters_and_withdraws() -> None:
    inner, asked = Ledger(), list[str]()
    ledger = AskedLedger(inner, asked.append)
    ledger.enter(BUNDLE)
    ledger.withdraw("too large")
    ledger.withdraw("too slow", unsure=True)
    assert asked == ["r1"]
    assert inner.told == ["r1", "too large", "too slow, perhaps"]


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (RequestError("no_rule_matches", "may not"), RequestError),
        (VerificationError("revoked"), VerificationError),
        (UnavailableError("no OPA"), UnavailableError),
        (UsageError("no credential"), UnavailableError),
    ],
    ids=lambda one: type(one).__name__,
)
def test_whatever_operators_say_but_yes_enters_nothing(
    raised: WilkError, seen: type[WilkError]
) -> None:
    def ask(revision: str) -> None:
        del revision
        raise raised

    inner = Ledger()
    with pytest.raises(seen):
        AskedLedger(inner, ask).enter(BUNDLE)
    assert inner.told == []
