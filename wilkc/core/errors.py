"""The exception tree of Wilk. Layer: core (leaf).

    WilkError                 anything Wilk refuses; the message is for a person
    ├── UsageError            the caller named something that is not there or makes no sense
    ├── SpecError             a spec has errors; carries every diagnostic
    ├── PatternError          one text of a pattern language is refused; carries its place in it
    ├── RequestError          a request is malformed or not canonical; carries the detail code
    ├── VerificationError     a signature, digest, chain or key does not verify
    ├── GateError             a gate refused a change
    └── UnavailableError      OPA, the sandbox or the record cannot be had; means deny

The command line maps each branch to an exit code (`wilkc/cli/exits.py`); no other layer
knows exit codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.diagnostics import Diagnostic


class WilkError(Exception):
    """Base of everything Wilk raises on purpose.

    Args:
        message: one line, lower case, no full stop.
        help_text: what to do instead, or empty.
    """

    def __init__(self, message: str, *, help_text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help_text = help_text


class UsageError(WilkError):
    """The caller named a path, agent or option that does not exist or fit."""


class SpecError(WilkError):
    """At least one spec has errors; `diagnostics` holds all of them, sorted by place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(diagnostics)} problems in the given specs")
        self.diagnostics = tuple(diagnostics)


class PatternError(WilkError):
    """A pattern text is refused.

    Args:
        code: a registered diagnostic code, see `wilkc.core.codes`.
        message: what is wrong.
        help_text: what to write instead.
        start: first offending code point of the text, from 0.
        end: the code point after the last offending one; at least `start + 1`
            unless the text is empty.
    """

    def __init__(self, code: str, message: str, help_text: str, *, start: int, end: int) -> None:
        super().__init__(message, help_text=help_text)
        self.code = code
        self.start = start
        self.end = end


class RequestError(WilkError):
    """A request cannot be judged and is therefore denied with `VALIDATION_ERROR`.

    Args:
        detail: the stable detail code of the denial, for example `path_not_canonical`.
        message: one sentence for a person or a model.
    """

    def __init__(self, detail: str, message: str) -> None:
        super().__init__(message)
        self.detail = detail


class VerificationError(WilkError):
    """A signature, digest, chain or key does not verify."""


class GateError(WilkError):
    """A gate refused a change."""


class UnavailableError(WilkError):
    """OPA, the sandbox or the record is not available; the answer is no."""
