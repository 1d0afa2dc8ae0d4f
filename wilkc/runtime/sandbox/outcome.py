"""What became of a launch. Layer: runtime. No I/O.

The exit status of `wilkc run` keeps the command's own codes apart from Wilk's: 119 to 127
are Wilk's, and a command that ends with one of them is reported as 119.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal[
    "exited",
    "sandbox_failed",
    "denied",
    "limit",
    "timeout",
    "policy_violation",
    "cleanup_failed",
    "not_found",
]
RESERVED: Final = range(119, 128)
DISGUISED: Final = 119
STATUS: Final[dict[Kind, int]] = {
    "sandbox_failed": 120,
    "denied": 121,
    "limit": 122,
    "timeout": 123,
    "policy_violation": 124,
    "cleanup_failed": 124,
    "not_found": 127,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a launch ended.

    Attributes:
        kind: what ended it.
        exit: the command's own exit code, 128+n for signal n; None if it gave none.
        detail: stable code that says more: a refusal's code, or the resource of a limit.
        message: one sentence for a person.
        help: how to mend a refusal, or empty.
        record: what was in force: mounts, gaps, limits and their strength, usage.
    """

    kind: Kind
    exit: int | None = None
    detail: str = ""
    message: str = ""
    help: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status of `wilkc run`."""
        if self.kind != "exited" or self.exit is None:
            return STATUS.get(self.kind, STATUS["sandbox_failed"])
        return DISGUISED if self.exit in RESERVED else self.exit

    def as_json(self) -> dict[str, Any]:
        """The outcome record with its true values."""
        return {
            "kind": self.kind,
            "status": self.status,
            "exit": self.exit,
            "detail": self.detail,
            "message": self.message,
            "help": self.help,
            "launch": self.record,
        }
