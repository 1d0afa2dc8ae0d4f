"""What a grant obliges to, and who fulfils it. Layer: runtime. Pure. LANGUAGE.md section 9.

A condition that is unknown, malformed or fulfilled by nobody turns a grant into a denial. The
form of a rate limit is looked at by whoever takes the hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Condition, Decision, denial
from wilkc.core.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_FULFILLABLE: Final = "condition_not_fulfillable"
RATE_LIMIT: Final = "rate_limit"
_NUMBERS: Final[Mapping[str, frozenset[str]]] = {
    "max_bytes": frozenset({"max_bytes"}),
    "timeout": frozenset({"seconds"}),
    "max_tokens": frozenset({"max_tokens"}),
    "retain": frozenset({"seconds"}),
    "check_address": frozenset(),
    "content_filter": frozenset(),
    "detect_pii": frozenset(),
    "encrypt": frozenset(),
}
FULFILLABLE: Final = frozenset(_NUMBERS)
"""Types of conditions that a caller may promise to fulfil, with the numbers they carry.

`rate_limit` is the guard's own business, and `sandbox` can only be met by `Guard.run`.
"""


def unmet(decision: Decision, fulfils: frozenset[str], *, counts: bool) -> Decision | None:
    """The denial that takes the place of a grant with a condition that nobody fulfils.

    Args:
        decision: a grant.
        fulfils: types that the caller promises to fulfil.
        counts: whether there is a store that counts rates.
    """
    for condition in decision.conditions:
        if condition.type == RATE_LIMIT:
            met = counts
        else:
            met = condition.type in fulfils and _is_formed(condition)
        if not met:
            return unfulfilled(decision, condition, "nobody fulfils")
    return None


def fulfilled(decision: Decision) -> dict[str, list[str]]:
    """The member of an outcome's details that says which conditions of a grant were met.

    A grant is acted on only if all of them are: see `unmet`.
    """
    ids = [condition.id for condition in decision.conditions]
    return {"fulfilled": ids} if ids else {}


def unfulfilled(decision: Decision, demanded: Condition | str, who: str) -> Decision:
    """The denial that takes the place of a grant with a condition that is not met.

    Args:
        decision: the grant.
        demanded: the condition, or the name of one that cannot be read.
        who: goes on after "which", for example `nobody fulfils`.
    """
    named = f"`{demanded}`"
    if isinstance(demanded, Condition):
        named = f"`{demanded.type}` (`{demanded.id}`)"
    return denial(
        "VALIDATION_ERROR",
        NOT_FULFILLABLE,
        f"the grant demands {named}, which {who}",
        revision=decision.revision,
    )


def _is_formed(condition: Condition) -> bool:
    named = _NUMBERS.get(condition.type)
    if named is None or set(condition.properties) != named:
        return False
    return all(whole_number(value) is not None for value in condition.properties.values())
