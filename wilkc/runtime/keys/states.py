"""The life of a key: which steps there are. Layer: runtime. Pure.

A key goes one way only. Key-encryption keys outlive their use, to open what they wrapped;
segment keys do not, so that a thief of today's key cannot sign for yesterday.
"""

from __future__ import annotations

from typing import Final, Literal

from wilkc.core.errors import VerificationError

State = Literal["pending", "active", "decrypt_only", "destroyed"]
Use = Literal["ring", "kek", "segment", "lookup", "report", "webhook"]

STATES: Final[tuple[State, ...]] = ("pending", "active", "decrypt_only", "destroyed")
USES: Final[tuple[Use, ...]] = ("ring", "kek", "segment", "lookup", "report", "webhook")

_STEPS: Final[dict[Use, frozenset[tuple[State, State]]]] = {
    "kek": frozenset(
        {("pending", "active"), ("active", "decrypt_only"), ("decrypt_only", "destroyed")}
    )
}
_PLAIN_STEPS: Final = frozenset({("pending", "active"), ("active", "destroyed")})


def check_step(use: Use, before: State, after: State) -> None:
    """Require that a key of this use may go from one state to the other.

    Raises:
        VerificationError: keys do not go that way.
    """
    if (before, after) not in _STEPS.get(use, _PLAIN_STEPS):
        raise VerificationError(f"a `{use}` key does not go from `{before}` to `{after}`")
