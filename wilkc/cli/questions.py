"""Requests as the command line gets them: one short form, or JSON Lines. Layer: cli.

What cannot be read is answered with a denial, in its place among the others: a batch never
fails for one line of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final

import click

from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError, UsageError
from wilkc.core.strict_json import decode_json
from wilkc.language.instants import time_text
from wilkc.language.requests import (
    MAX_REQUEST_BYTES,
    canonical_request,
    parse_short,
    read_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_LINE_BYTES: Final = 2 * MAX_REQUEST_BYTES
"""A line may hold blanks and escapes beyond the request itself."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request as it came in.

    Attributes:
        id: how the asker calls it, a JSON value, or None.
        request: what to ask, or None if it could not be read.
        refusal: the denial of a request that could not be read.
    """

    id: Any
    request: Request | None = None
    refusal: Decision | None = None


def short_question(
    agent: str,
    resource: str,
    action: str | None,
    *,
    context: dict[str, Any] | None = None,
    properties: dict[str, Any] | None = None,
) -> Question:
    """The question of a command line, asked now unless its context names another time."""
    now = {"time": time_text(datetime.now(UTC))}

    def read() -> Request:
        request = parse_short(agent, resource, action)
        return replace(request, context=now | (context or {}), properties=properties or {})

    return _question(None, read)


def batch_questions(path: str) -> Iterator[Question]:
    """The questions of a file of JSON Lines, or of standard input for `-`, one for each line.

    Raises:
        UsageError: the file is not there or cannot be read.
    """
    try:
        file = click.open_file(path, "rb")
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    return _lines(file)


def _lines(file: IO[bytes]) -> Iterator[Question]:
    with file:
        while line := file.readline(_MAX_LINE_BYTES):
            yield _line_question(line) if _is_whole(line) else _too_long(file)


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"\n") or len(line) < _MAX_LINE_BYTES


def _too_long(file: IO[bytes]) -> Question:
    """The refusal of a line whose rest is passed over."""
    while not _is_whole(file.readline(_MAX_LINE_BYTES)):
        pass
    message = f"the line has {_MAX_LINE_BYTES} bytes or more"
    return _refused(None, RequestError("malformed_request", message))


def _line_question(line: bytes) -> Question:
    try:
        raw = decode_json(line)
    except ValueError as error:
        return _refused(None, RequestError("malformed_request", f"the line is not JSON: {error}"))
    if not isinstance(raw, dict):
        return _refused(None, RequestError("malformed_request", "the line is not an object"))
    ident = raw.pop("id", None)
    return _question(ident, lambda: read_request(raw))


def _question(ident: Any, read: Callable[[], Request]) -> Question:
    try:
        return Question(ident, request=canonical_request(read()))
    except RequestError as error:
        return _refused(ident, error)


def _refused(ident: Any, error: RequestError) -> Question:
    return Question(ident, refusal=denial("VALIDATION_ERROR", error.detail, error.message))
