"""Leaving out some plain successes, by a rule that anybody can recompute. Layer: runtime.

Only successes of class `operation` may be left out: never an intent, a denial, a failure,
anything of a risk above low, or anything tagged. Whether one is kept follows from the id of
its intent alone, so neither the writer nor an agent chooses. What was left out is counted, by
agent and type, and told on record.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.audit_settings import ALL_PERMILLE
from wilkc.runtime.audit.actions import OUTCOME_TYPES, record_class
from wilkc.runtime.audit.own import own_record
from wilkc.runtime.audit.tags import tags_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.record import Draft

SAMPLED: Final = "system.sampled"
TELL_SECONDS: Final = 60.0
"""After so long at the latest it is told what was left out."""
_HASH_DIGITS: Final = 8
_OF_EVERY_INTENT: Final = {"soc2"}
_MAX_COUNTS: Final = 100
"""Counts in one record, so that it is never too long."""


def is_sampled(record_id: str, permille: int) -> bool:
    """Whether a success is kept.

    Args:
        record_id: of its intent, or its own where it has none.
        permille: of 1,000 so many are kept.
    """
    digits = hashlib.sha256(record_id.encode("ascii")).hexdigest()[:_HASH_DIGITS]
    return int(digits, 16) % ALL_PERMILLE < permille


def is_left_out(draft: Draft, permille: int) -> bool:
    """Whether a record is one that is not written."""
    return (
        draft.record_class == "operation"
        and draft.phase != "intent"
        and draft.status == "success"
        and draft.risk == "low"
        and not draft.tags
        and not is_sampled(draft.ref or draft.id, permille)
    )


def success_is_left_out(intent: Mapping[str, Any], permille: int) -> bool:
    """Whether a success of a stored intent is not written, so that its absence means nothing."""
    kind = intent["action"]["type"]
    kind = OUTCOME_TYPES.get(kind, kind)
    tags = set(intent["security"]["compliance_tags"]) - _OF_EVERY_INTENT
    return (
        record_class(kind, "outcome", "success", "low", allow=True) == "operation"
        and not tags
        and not tags_for(kind, "outcome")
        and not is_sampled(intent["id"], permille)
    )


@dataclass(frozen=True, slots=True)
class Telling:
    """Records of what was left out, and the counts that they tell."""

    records: tuple[Draft, ...] = ()
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


_NOTHING_TOLD: Final = Telling()


class LeftOut:
    """Counts what was left out until it is on record. For several threads."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._closed: set[str] = set()
        self._since = ""
        self._began = 0.0

    def __bool__(self) -> bool:
        """Whether anything is still to be told."""
        return bool(self._counts)

    def add(self, draft: Draft, now: str) -> None:
        """Count a record that is not written."""
        with self._mutex:
            if not self._counts:
                self._since, self._began = now, time.monotonic()
            self._counts[draft.actor.id, draft.type] += 1
            if draft.ref is not None:
                self._closed.add(draft.ref)

    def take_closed(self) -> set[str]:
        """The intents whose outcome was left out since this was last asked."""
        if not self._closed:
            return set()
        with self._mutex:
            closed, self._closed = self._closed, set()
            return closed

    def telling(self, means: Means, resource: str, *, at_once: bool) -> Telling:
        """What is to be put on record now; nothing where it is not due.

        Args:
            means: for the record's id, the time and the rule.
            resource: the log.
            at_once: whether to tell before the minute is over.
        """
        if not self._counts:
            return _NOTHING_TOLD
        with self._mutex:
            late = time.monotonic() - self._began >= TELL_SECONDS
            if not self._counts or not (at_once or late):
                return _NOTHING_TOLD
            counts, since = self._counts.copy(), self._since
        span = {"from": since, "permille": means.settings.sample_permille, "to": means.now()}
        listed = sorted(counts.items())
        records = [
            own_record(
                means.new_id(),
                SAMPLED,
                resource,
                {
                    "dropped": [
                        {"agent": agent, "count": count, "type": kind}
                        for (agent, kind), count in some
                    ],
                    **span,
                },
            )
            for some in (listed[n : n + _MAX_COUNTS] for n in range(0, len(listed), _MAX_COUNTS))
        ]
        return Telling(tuple(records), counts)

    def told(self, telling: Telling, means: Means) -> None:
        """Note that the records are on stable storage."""
        if not telling.records:
            return
        with self._mutex:
            self._counts -= telling.counts
            self._since, self._began = means.now(), time.monotonic()
