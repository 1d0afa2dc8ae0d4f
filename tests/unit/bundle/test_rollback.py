"""What may follow on what was in force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import Mark, mark_of, require_not_older
from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from tests.unit.bundle.conftest import Workshop
    from wilkc.bundle import VerifiedBundle


@pytest.fixture
def bundle(workshop: Workshop) -> VerifiedBundle:
    return workshop.verify(workshop.signed)


@pytest.mark.parametrize(
    ("was", "revision", "comes"),
    [(0, "r0", 0), (0, "r0", 1), (4, "r0", 5), (5, "r1", 5), (4, "r1", 9)],
)
def test_newer_bundles_and_the_same_one_may_follow(
    bundle: VerifiedBundle, was: int, revision: str, comes: int
) -> None:
    require_not_older(Mark("prod", was, revision), replace(bundle, sequence=comes))


@pytest.mark.parametrize("comes", [0, 1, 4])
def test_an_older_one_may_not(bundle: VerifiedBundle, comes: int) -> None:
    with pytest.raises(VerificationError, match=r"older: it has .* and 5 was in force"):
        require_not_older(Mark("prod", 5, "r1"), replace(bundle, sequence=comes))


def test_a_number_is_not_given_twice(bundle: VerifiedBundle) -> None:
    with pytest.raises(VerificationError, match="sequence 5 belongs to revision r0 already"):
        require_not_older(Mark("prod", 5, "r0"), replace(bundle, sequence=5))


def test_another_scope_is_another_sequence(bundle: VerifiedBundle) -> None:
    with pytest.raises(VerificationError, match="of scope `prod`, and `test` was in force"):
        require_not_older(Mark("test", 1, "r1"), replace(bundle, sequence=2))


def test_a_bundle_leaves_its_mark(bundle: VerifiedBundle) -> None:
    assert mark_of(replace(bundle, sequence=3)) == Mark("prod", 3, "r1")
