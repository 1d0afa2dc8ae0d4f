"""Which records about keys stay on record, though they are past their time. Layer: runtime. Pure.

An erasure waits until no copy of the keys is left that was taken before, and is complete by its
last record. Were a copy pruned from the log that may still be there, or an erasure that waits,
a person would be told of content that it opens no more, or never told. And of what is over the
later records stay as long as the earlier ones do: without its end it would seem to go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Final = frozenset({"erasure.requested", "key.destroyed", "key.exported"})
_ENDS: Final = frozenset({"complete", "confirmed"})
_NAMES: Final = ("erasure", "export")


@dataclass(slots=True)
class _Matter:
    """One erasure, or one copy of the keys.

    Attributes:
        numbers: of its records that are in the log.
        expires: when a copy is said to be gone; empty where no time ends it.
        over: whether a record says that it is.
    """

    numbers: list[int] = field(default_factory=list)
    expires: str = ""
    over: bool = False

    def is_open(self, now: str) -> bool:
        """Whether something may still rest on it."""
        return not self.over and (not self.expires or self.expires > now)


@dataclass(slots=True)
class KeyMatters:
    """The erasures and the copies of the keys that a log tells of."""

    _by_name: dict[str, _Matter] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any]) -> None:
        """Look at the next record."""
        action = record["action"]
        if record["phase"] != "system" or action["type"] not in _TYPES:
            return
        details = action["details"]
        for name in (str(details[kind]) for kind in _NAMES if kind in details):
            matter = self._by_name.setdefault(name, _Matter())
            matter.numbers.append(record["seq"])
            matter.expires = str(details.get("expires", matter.expires))
            matter.over = matter.over or details.get("state") in _ENDS

    def keep(self, first: int, following: int, now: str) -> bool:
        """Whether a record from `first` to before `following` must stay."""
        return any(
            any(first <= number < following for number in matter.numbers)
            and (matter.is_open(now) or matter.numbers[0] < first)
            for matter in self._by_name.values()
        )

    def let_go(self, first: int, following: int) -> None:
        """The records from `first` to before `following` were pruned."""
        for matter in self._by_name.values():
            matter.numbers = [one for one in matter.numbers if not first <= one < following]
