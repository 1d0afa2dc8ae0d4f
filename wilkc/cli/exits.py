"""Exit codes of `wilkc`. Layer: cli. The README's table is generated from here."""

from __future__ import annotations

from typing import Final

from wilkc.core.errors import (
    GateError,
    PatternError,
    RequestError,
    SpecError,
    UnavailableError,
    UsageError,
    VerificationError,
    WilkError,
)

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
SPEC: Final = 3
DENIED: Final = 4
UNVERIFIED: Final = 5
REFUSED: Final = 6
UNAVAILABLE: Final = 7

MEANINGS: Final = {
    OK: "fine",
    FAILED: "Wilk itself failed",
    USAGE: "usage, or a path that is not there",
    SPEC: "the spec has errors",
    DENIED: "denied",
    UNVERIFIED: "a signature, chain or key does not verify",
    REFUSED: "a gate refused a change",
    UNAVAILABLE: "OPA, the sandbox, the record or Git is not available",
}

AUDIT_VERDICTS: Final = {
    "OK": OK,
    "OK_UNANCHORED": OK,
    "TAMPERED": UNVERIFIED,
    "TRUNCATED": 51,
    "UNSEALED_TAIL": 52,
    "KEY_PROBLEM": 53,
    "INCOMPLETE": 54,
}
"""What `wilkc audit verify` exits with; no verdict but OK exits with 0."""

_BY_ERROR: Final[tuple[tuple[type[WilkError], int], ...]] = (
    (UsageError, USAGE),
    (SpecError, SPEC),
    (PatternError, USAGE),
    (RequestError, DENIED),
    (VerificationError, UNVERIFIED),
    (GateError, REFUSED),
    (UnavailableError, UNAVAILABLE),
)


def exit_code(error: WilkError) -> int:
    """The exit code of a refusal; `FAILED` for a kind that has none of its own."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)
