"""What an outcome says of the conditions that its grant demanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Condition, Decision
from wilkc.runtime.guard.action import record_end
from wilkc.runtime.guard.steps import Settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.record import Status


class Told:
    """An intent that keeps what its outcome said."""

    def __init__(self) -> None:
        self.details: Mapping[str, Any] = {}

    def outcome(
        self,
        status: Status,
        *,
        error: str | None = None,
        error_text: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        assert (status == "success") is (error is None) is (error_text is None)
        self.details = details or {}

    def usage(self, sample: Mapping[str, Any]) -> None:
        raise AssertionError(sample)


def _granted(*conditions: str) -> Decision:
    demanded = tuple(Condition(one, "timeout", {"seconds": 1}) for one in conditions)
    return Decision(
        allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", conditions=demanded
    )


@pytest.mark.parametrize("error", [None, OSError("full")])
def test_an_outcome_names_the_conditions_that_were_met(error: OSError | None) -> None:
    told = Told()
    assert record_end(Settled(_granted("a", "b"), told), error, {"bytes": 3, "fulfilled": []})
    assert told.details == {"bytes": 3, "fulfilled": ["a", "b"]}


def test_a_grant_without_conditions_claims_none() -> None:
    told = Told()
    assert record_end(Settled(_granted(), told), None, {"bytes": 3})
    assert told.details == {"bytes": 3}
