"""One JSON-RPC message, read so that it has one meaning. Layer: adapters. No I/O.

Source: MCP 2026-07-28 and 2025-11-25, basic protocol. What is passed on is never what came but
what was understood, written anew: in ASCII, without blanks, so that no reader can find another
message in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from wilkc.core.contract import Json

MAX_MESSAGE: Final = 16 * 2**20
"""Bytes of one message."""
MAX_ID: Final = 256
"""Characters of an id that is text."""
MAX_NUMBER: Final = 2**53 - 1
"""Beyond it, ids differ between readers of JSON (RFC 8259 section 6)."""

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
DENIED: Final = -32001
"""The code of a denial, after the profile COAZ-MCP of AuthZEN."""
HEADER_MISMATCH: Final = -32020

Id = int | str
Kind = Literal["request", "notification", "answer"]
_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


class MessageError(Exception):
    """A message that is not passed on.

    Attributes:
        code: of the JSON-RPC error.
        message: one sentence; nothing in it comes from the policy or names another tool.
        id: of the request that it answers, or None.
        data: what the error says beside it.
    """

    def __init__(
        self, code: int, message: str, identity: Id | None = None, data: Json = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = identity
        self.data = data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, a notification or an answer.

    Attributes:
        kind: which of them.
        body: the whole message.
        id: None for a notification.
        method: empty for an answer.
    """

    kind: Kind
    body: dict[str, Any]
    id: Id | None = None
    method: str = ""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters; empty where there are none."""
        found: dict[str, Any] = self.body.get("params", {})
        return found


def read_message(data: bytes) -> Message:
    """The message that bytes say, without the end of their line.

    Raises:
        MessageError: they say none, or could be read in two ways.
    """
    if len(data) > MAX_MESSAGE:
        raise MessageError(INVALID_REQUEST, f"a message has at most {MAX_MESSAGE} bytes")
    try:
        body = decode_json(data)
    except ValueError as error:
        raise MessageError(PARSE_ERROR, "the message is not JSON that all read alike") from error
    if isinstance(body, list):
        raise MessageError(INVALID_REQUEST, "messages are not sent in batches")
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise MessageError(INVALID_REQUEST, "the message is not of JSON-RPC 2.0")
    return _request(body) if "method" in body else _answer(body)


def encode(body: Json) -> bytes:
    """The one spelling of a message, with the end of its line.

    Raises:
        MessageError: it holds a number that JSON does not have, or is nested too deeply.
    """
    try:
        return _ENCODER.encode(body).encode() + b"\n"
    except (ValueError, RecursionError) as error:
        raise MessageError(INVALID_REQUEST, "the message cannot be written as JSON") from error


def error_answer(error: MessageError, identity: Id | None = None) -> bytes:
    """The answer that tells of a message not passed on."""
    told: dict[str, Json] = {"code": error.code, "message": error.message}
    if error.data is not None:
        told["data"] = error.data
    answered = error.id if identity is None else identity
    return encode({"jsonrpc": "2.0", "id": answered, "error": told})


def _request(body: dict[str, Any]) -> Message:
    given = "id" in body
    identity = _identity(body["id"]) if given else None
    if not body.keys() <= {"jsonrpc", "id", "method", "params"}:
        raise MessageError(INVALID_REQUEST, "the message has members of no meaning", identity)
    method = body["method"]
    if not isinstance(method, str) or not isinstance(body.get("params", {}), dict):
        text = "the method must be text and the parameters an object"
        raise MessageError(INVALID_REQUEST, text, identity)
    return Message("request" if given else "notification", body, identity, method)


def _answer(body: dict[str, Any]) -> Message:
    says = body.keys() - {"jsonrpc", "id"}
    if says not in ({"result"}, {"error"}) or not isinstance(body[min(says)], dict):
        raise MessageError(INVALID_REQUEST, "the message is neither a request nor an answer")
    # An error may have no id, or null, where that of the request could not be read.
    known = body.get("id") is not None or "result" in body
    return Message("answer", body, _identity(body.get("id")) if known else None)


def _identity(value: Json) -> Id:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER
    if whole or (isinstance(value, str) and len(value) <= MAX_ID):
        found: Id = value
        return found
    raise MessageError(INVALID_REQUEST, "an id is a whole number or a short text")
