"""Which standards a record may be evidence for. Layer: runtime. Pure.

Nothing is guessed from text: health data is what is classified as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.audit.record import Phase

_SOC2_ROOMS: Final = frozenset({"agent", "config", "registry", "policy", "key"})
_PERSONAL: Final = frozenset({"personal", "pii", "gdpr"})
_HEALTH: Final = frozenset({"health", "phi"})


def tags_for(
    kind: str,
    phase: Phase,
    *,
    classification: object = None,
    subject: bool = False,
    added: Iterable[str] = (),
) -> tuple[str, ...]:
    """The compliance tags of a record, sorted.

    Args:
        kind: action type.
        phase: of the record.
        classification: label of the data concerned, if the request gives one.
        subject: whether the record is about a person.
        added: tags of the caller, which can add but not remove.
    """
    tags = set(added)
    label = classification.lower() if isinstance(classification, str) else ""
    room = kind.partition(".")[0]
    if "auth" in kind or "permission" in kind or phase == "intent" or room in _SOC2_ROOMS:
        tags.add("soc2")
    if subject or label in _PERSONAL:
        tags.add("gdpr")
    if label in _HEALTH:
        tags.add("hipaa")
    return tuple(sorted(tags))
