"""R2: an active bundle that nobody signed, or that is older than one before. Layer: runtime. Pure.

The `policy.activated` of a bundle names the key that signed it and its sequence number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check, details_of, number_in, text_in

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record


def _holds(record: Record, known: Known) -> bool:
    details = details_of(record)
    sequence = number_in(details, "sequence")
    return bool(text_in(details, "key_id")) and sequence is not None and sequence >= known.sequence


RULE: Final = Check(
    id="R2",
    version=1,
    severity="critical",
    controls=("SOC2:CC8.1",),
    title="a bundle became active that is unsigned or older than one before",
    advice="activate the newest signed bundle, and find out who put the other one there",
    types=frozenset({"policy.activated"}),
    matches=lambda _: True,
    holds=_holds,
)
