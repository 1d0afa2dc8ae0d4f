"""One alert on its way to people: what was tried, what is due, what is still owed. Pure.

Layer: runtime. Times are of the wall clock, since they outlive a restart. A clock that was set
back makes an attempt due at once rather than hours late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from wilkc.runtime.alerts.model import Alert  # noqa: TC001  # read back by its annotation
from wilkc.runtime.alerts.seen import DAY_US, HOUR_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable

DELAYS_US: Final = tuple(seconds * SECOND_US for seconds in (1, 5, 30, 120, 600))
"""After each of the first failures; then an hour."""
FAILURES: Final = 6
GIVE_UP_US: Final = DAY_US
MOST_ATTEMPTS: Final = FAILURES + 27
"""More than a day holds: the end where the clock cannot tell that a day is over."""
ANSWER_US: Final = 900 * SECOND_US
"""Within which somebody acknowledges a critical alert."""
JITTER_PERCENT: Final = 10
UNANSWERED: Final = "nobody acknowledged it in 15 minutes"
UNDELIVERED: Final = "others could not be told"

Way = Literal["waiting", "delivered", "given_up"]
Owed = Literal["alert.raised", "alert.delivered", "alert.failed", "alert.acknowledged"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One channel's part.

    Attributes:
        channel: its name.
        state: whether attempts go on.
        attempts: how many there were.
        next_us: when the next one is due.
        error: code of the last failure, or empty.
        failed: whether its failing is on record.
        escalated: why it is told though others were told first; empty if it was the first.
    """

    channel: str
    state: Way = "waiting"
    attempts: int = 0
    next_us: int = 0
    error: str = ""
    failed: bool = False
    escalated: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A record that is still to be written.

    Attributes:
        type: of the record.
        channel: that it is about, or empty.
        attempts: so far.
        error: code, or empty.
        by: who acknowledged; empty for other types.
    """

    type: Owed
    channel: str = ""
    attempts: int = 0
    error: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the outbox.

    Attributes:
        v: format.
        alert: what is told.
        final: whether it is the total of a window.
        created_us: when it came here.
        deliveries: by channel.
        owed: records in their order.
        acknowledged: by whom; empty for nobody yet.
        escalation: channel to tell where others fail or nobody answers; empty for none.
    """

    v: str
    alert: Alert
    final: bool
    created_us: int
    deliveries: tuple[Delivery, ...]
    owed: tuple[Note, ...]
    acknowledged: str
    escalation: str

    @property
    def name(self) -> str:
        """What its file is called, without ending."""
        return f"{self.alert.id}-total" if self.final else self.alert.id

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        waiting = any(one.state == "waiting" for one in self.deliveries)
        return not waiting and not self.owed and not self.awaits_answer

    @property
    def awaits_answer(self) -> bool:
        """Whether somebody has to acknowledge it, and is not yet reminded."""
        needed = self.alert.severity == "critical" and not self.final
        return needed and not self.acknowledged and not self._reminded

    @property
    def _reminded(self) -> bool:
        return any(one.escalated == UNANSWERED for one in self.deliveries)

    def due(self, now_us: int) -> list[Delivery]:
        """The channels to try now."""
        return [one for one in self.deliveries if one.state == "waiting" and _is_due(one, now_us)]

    def delivered(self, channel: str) -> Entry:
        """After a channel took it."""
        one = self._of(channel)
        attempts = one.attempts + 1
        done = replace(one, state="delivered", attempts=attempts, error="")
        return self._with(done, Note("alert.delivered", channel, attempts))

    def missed(self, channel: str, error: str, now_us: int, jitter: int) -> Entry:
        """After a channel failed.

        Args:
            channel: its name.
            error: code of the failure.
            now_us: the time.
            jitter: -1000 to 1000, by which an hourly wait is spread.
        """
        one = self._of(channel)
        attempts = one.attempts + 1
        # A clock that was set back says nothing of how long it was tried.
        late = now_us - self.created_us >= GIVE_UP_US or attempts >= MOST_ATTEMPTS
        failed = one.failed or late or attempts >= FAILURES
        missed = replace(
            one,
            state="given_up" if late else "waiting",
            attempts=attempts,
            next_us=now_us + _delay(attempts, jitter),
            error=error,
            failed=failed,
        )
        if not failed or one.failed:
            return self._with(missed)
        told = self._with(missed, Note("alert.failed", channel, attempts, error))
        return told.with_escalation(UNDELIVERED)

    def answered(self, by: str) -> Entry:
        """After somebody acknowledged it."""
        if self.acknowledged:
            return self
        note = Note("alert.acknowledged", by=by)
        return replace(self, acknowledged=by, owed=(*self.owed, note))

    def reminded(self, now_us: int) -> Entry:
        """With the escalation told, if it is critical and nobody answered in time."""
        if not self.awaits_answer or 0 <= now_us - self.created_us < ANSWER_US:
            return self
        return self.with_escalation(UNANSWERED)

    def recorded(self, count: int) -> Entry:
        """After so many of what is owed were written."""
        return replace(self, owed=self.owed[count:])

    def with_escalation(self, why: str) -> Entry:
        """With the escalation told, for a reason."""
        told = {one.channel for one in self.deliveries}
        if self.escalation and self.escalation not in told:
            added = Delivery(self.escalation, escalated=why)
            return replace(self, deliveries=(*self.deliveries, added))
        if why == UNANSWERED:
            # Nobody else is left to tell, so those are told again who were told.
            again = [
                replace(one, state="waiting", next_us=0, escalated=why) for one in self.deliveries
            ]
            return replace(self, deliveries=tuple(again))
        return self

    def _of(self, channel: str) -> Delivery:
        return next(one for one in self.deliveries if one.channel == channel)

    def _with(self, delivery: Delivery, *owed: Note) -> Entry:
        others: Iterable[Delivery] = (
            delivery if one.channel == delivery.channel else one for one in self.deliveries
        )
        return replace(self, deliveries=tuple(others), owed=(*self.owed, *owed))


def _is_due(delivery: Delivery, now_us: int) -> bool:
    wait = delivery.next_us - now_us
    longest = HOUR_US + HOUR_US * JITTER_PERCENT // 100
    return wait <= 0 or wait > longest


def _delay(attempts: int, jitter: int) -> int:
    if attempts <= len(DELAYS_US):
        return DELAYS_US[attempts - 1]
    return HOUR_US + HOUR_US * JITTER_PERCENT * jitter // 100_000
