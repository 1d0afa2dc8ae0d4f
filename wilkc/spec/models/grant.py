"""A grant: access for a while, beside what specs say. Layer: spec. LANGUAGE.md section 12.

A grant adds one entry to the allow lists of one agent. Its rule carries its beginning and its
end, and is compared with the time that the enforcement point states; where none is stated, or
a clock was set back to before the grant was given, it grants nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema, field_validator

from wilkc.core.errors import PatternError
from wilkc.language.guardrails import Granted, parse_granted
from wilkc.language.instants import INSTANT_PATTERN, parse_instant
from wilkc.spec.models.base import GrantedText, Name, Section, Words, refusal
from wilkc.spec.models.permissions import Permissions

MAX_GRANT: Final = timedelta(hours=24)
"""The longest that a grant may last: what is needed for longer belongs into a spec."""
_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
_LISTS: Final = {
    "file": ("filesystem", "{action}", "path"),
    "shell": ("shell", "allowed_commands", "command"),
    "network": ("network", "allowed_hosts", "host"),
    "llm": ("llm", "allowed_models", "model"),
    "tool": ("tools", "allowed", "tool"),
    "agent": ("agents", "{action}", "agent"),
    "system": ("system", "{action}", "name"),
}
"""Resource type to its category, the list in it, and the key of an entry's pattern."""


def instant_text(moment: datetime) -> str:
    """A moment as grants and requests write it: UTC, in whole seconds."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def moment_of(text: str) -> datetime:
    """The moment that an instant of a grant names."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def _instant(text: str) -> str:
    try:
        parse_instant(text)
    except PatternError as error:
        raise refusal(error.code, error.message, error.help_text) from error
    return text


_Instant = Annotated[
    str,
    AfterValidator(_instant),
    WithJsonSchema({"type": "string", "pattern": INSTANT_PATTERN}),
]


class Grant(Section):
    """Access that one agent has for a while, beside what its specs give it.

    Attributes:
        id: what the grant is called, e.g. `hotfix-4711`
        agent: who may, e.g. `reviewer`
        allow: requests that are allowed unless something blocks them,
            e.g. `'file:./hotfix/** write'`
        reason: what the agent needs it for, e.g. `incident 4711`
        by: who gave it, e.g. `alice`
        since: when it begins, e.g. `'2026-11-28T11:30:00Z'`
        until: when it ends, at most 24 hours later, e.g. `'2026-11-28T12:00:00Z'`
        revoked: when it was taken back; it then allows nothing, e.g. `'2026-11-28T11:40:00Z'`
    """

    id: Name
    agent: Name
    allow: GrantedText
    reason: Words
    by: Words
    since: _Instant
    until: _Instant
    revoked: _Instant | None = None

    @field_validator("until")
    @classmethod
    def _bounded(cls, until: str, info: ValidationInfo) -> str:
        since = info.data.get("since")
        # Where the beginning is none, that is said already.
        if since and not timedelta(0) < moment_of(until) - moment_of(since) <= MAX_GRANT:
            raise refusal(
                "W131",
                "the grant does not end within 24 hours of its beginning",
                "let `until` be later than `since`, by 24 hours at most",
            )
        return until

    @property
    def granted(self) -> Granted:
        """What it allows, taken apart."""
        return parse_granted(self.allow)

    @property
    def permissions(self) -> Permissions:
        """The one entry of an allow list that it stands for, with its beginning and end."""
        granted = self.granted
        category, name, key = _LISTS[granted.type]
        when = {"context.time": {"min": self.since, "max": self.until}}
        held: Any = ({key: granted.pattern, "when": when},)
        for step in reversed((category, *name.format(action=granted.action).split("."))):
            held = {step: held}
        return Permissions.model_validate(held)


class GrantDocument(Section):
    """A document whose kind is `grant`.

    Attributes:
        grant: access for a while,
            e.g. `{id: a, agent: b, allow: 'file:./c read', reason: d, by: e,
            since: '2026-11-28T11:30:00Z', until: '2026-11-28T12:00:00Z'}`
    """

    grant: Grant
