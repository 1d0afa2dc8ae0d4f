"""Code that is run for its value: checked before, confined, checked after. Layer: runtime.

    pinned program → decision → record → sandbox → exit, size, secrets, changed files → value

The code never runs in this process, and nothing but JSON comes back. Every other end is one
exception. Cleaning up is the launch's duty and happens whatever went wrong.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import WilkError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.guard.running import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.guard.running import CommandResult

CODE: Final = "/run/wilk/code"
"""Where the code finds itself."""
CONTEXT: Final = "/run/wilk/context"
"""Where the code finds its context, as JSON."""
MAX_GIVEN: Final = 2**20
"""Bytes of code, and of the context."""
_INPUT: Final = "input_invalid"
RESULT_INVALID: Final = "result_invalid"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class SecurityError(WilkError):
    """Code was not run, or not to its end, or what it gave back is not accepted.

    Attributes:
        detail: stable code: of the denial, of the refusal, the resource of a limit, `exit_code`,
            `result_invalid`, `secret_in_output`, `input_invalid`, or the outcome's own.
        done: decision and outcome, or None where nothing was asked.
    """

    def __init__(self, detail: str, message: str, done: CommandResult | None = None) -> None:
        super().__init__(message)
        self.detail = detail
        self.done = done


def given(code: str | bytes, context: Mapping[str, Any], digest: str) -> Wanted:
    """What a run of this code needs beside its command.

    Args:
        code: text of the program.
        context: what it works on.
        digest: SHA-256 of the interpreter's file, in hexadecimal; empty for any.

    Raises:
        SecurityError: it is too long, not JSON, or no digest.
    """
    try:
        files = {
            CODE: code.encode() if isinstance(code, str) else bytes(code),
            CONTEXT: json.dumps(dict(context), allow_nan=False).encode(),
        }
    except (TypeError, ValueError, RecursionError) as error:
        raise SecurityError(_INPUT, f"the context is not JSON: {error}") from error
    if any(len(held) > MAX_GIVEN for held in files.values()):
        raise SecurityError(_INPUT, f"code and context have at most {MAX_GIVEN} bytes each")
    if digest and not _DIGEST.fullmatch(digest):
        raise SecurityError(_INPUT, "a digest is 64 hexadecimal digits in lower case")
    return Wanted(files, digest, result=True, screened=True)


def value_of(done: CommandResult) -> Any:
    """The value that the code gave back.

    Raises:
        SecurityError: it ended in any other way than well, or gave back something else.
    """
    outcome = done.outcome
    if outcome.kind != "exited":
        raise SecurityError(outcome.detail or outcome.kind, outcome.message, done)
    if outcome.exit != 0:
        raise SecurityError("exit_code", f"the code ended with status {outcome.exit}", done)
    if not done.recorded:
        raise SecurityError("unrecorded", "what became of the code is not on record", done)
    try:
        return decode_json(done.result)
    except ValueError as error:
        text = f"the result on descriptor 3 is not accepted: {error}"
        raise SecurityError(RESULT_INVALID, text, done) from error
