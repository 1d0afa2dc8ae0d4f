"""Asking over AuthZEN's socket, with any request that HTTP can carry."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
METADATA = "/.well-known/authzen-configuration"
JSON = {"Content-Type": "application/json"}
SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def decisions(self) -> bool | list[bool]:
        """The decisions alone, each of which must be a boolean."""
        found = self.json
        alone = "evaluations" not in found
        decided = [one["decision"] for one in ([found] if alone else found["evaluations"])]
        assert {type(one) for one in decided} <= {bool}
        return decided[0] if alone else decided


class Client(http.client.HTTPConnection):
    """A connection to a unix socket."""

    def __init__(self, place: Path, seconds: float = SECONDS) -> None:
        super().__init__("localhost", timeout=seconds)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._place))


def ask(
    place: Path,
    body: Any,
    path: str = EVALUATION,
    *,
    method: str = "POST",
    headers: Mapping[str, str] = JSON,
) -> Answer:
    """Ask over a connection of its own.

    Args:
        place: the socket.
        body: bytes as they are, anything else as JSON.
        path: the endpoint.
        method: the method.
        headers: all but the body's length.
    """
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(place)
    try:
        client.request(method, path, data, dict(headers))
        return _answer(client)
    finally:
        client.close()


def _answer(client: Client) -> Answer:
    response = client.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
