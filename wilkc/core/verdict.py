"""What one category says of one request. Layer: core (leaf).

Every category of the language, in the reference evaluator and in Rego, answers with a
verdict of this shape; only the main decision turns verdicts into decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wilkc.core.contract import Condition

Outcome = Literal["invalid", "blocked", "unmatched", "exceeded", "granted"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one category.

    Attributes:
        outcome: `invalid` the request is malformed for this type; `blocked` a block matches;
            `unmatched` no allow matches; `exceeded` a size, count or attribute is outside
            its limit; `granted` none of these.
        detail: a code of `wilkc.core.details`.
        rule: id of the deciding entry, or empty.
        list: the YAML list or key concerned, for example `filesystem.read`.
        conditions: obligations of a grant.
    """

    outcome: Outcome
    detail: str
    rule: str = ""
    list: str = ""
    conditions: tuple[Condition, ...] = ()
