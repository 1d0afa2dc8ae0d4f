"""Which records are wanted. Layer: runtime. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.record import RISKS, Risk
from wilkc.runtime.audit.risk import level_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.audit_settings import RiskProfile

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Filter:
    """What all must hold of a record; None asks nothing.

    Attributes:
        since: time as records write it, that one included.
        until: time as records write it, that one not included.
        actor: id of an agent or system, or token of a user.
        action: type of the action, or its first part with `.*`, as in `file.*`.
        decision: how an intent was answered.
        risk: at least this level.
        profile: by which levels are computed anew, see `level_of`; None takes those on record.
        subject: token of a person.
    """

    since: str | None = None
    until: str | None = None
    actor: str | None = None
    action: str | None = None
    decision: Literal["allow", "deny"] | None = None
    risk: Risk | None = None
    subject: str | None = None
    profile: RiskProfile | None = None

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is wanted."""
        decision = record["decision"]
        return (
            (self.since is None or record["ts"] >= self.since)
            and (self.until is None or record["ts"] < self.until)
            and self.actor in (None, record["actor"]["id"])
            and self._fits(record["action"]["type"])
            and (
                self.decision is None
                or (decision is not None and decision["allow"] == (self.decision == "allow"))
            )
            and (self.risk is None or rank(level_of(record, self.profile)) >= rank(self.risk))
            and self.subject in (None, record["subject"])
        )

    def _fits(self, kind: str) -> bool:
        if self.action is None:
            return True
        if self.action.endswith(".*"):
            return kind.startswith(self.action[:-1])
        return kind == self.action


def rank(risk: str) -> int:
    """A level of risk as a number that grows with it."""
    return list[str](RISKS).index(risk)


def parse_time(text: str) -> str:
    """A day (`2026-11-29`, its beginning in UTC) or an ISO 8601 time as records write it.

    Raises:
        UsageError: it is neither, or a time without its zone.
    """
    try:
        time = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            time = time.replace(tzinfo=UTC)
        if time.tzinfo is None:
            raise ValueError("it has no zone")  # noqa: TRY301  # told like the others
        return time.astimezone(UTC).strftime(_FORMAT)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"`{text}` is no time: {error}",
            help_text="write a day such as `2026-11-29`, or `2026-11-29T08:00:00Z`",
        ) from error
