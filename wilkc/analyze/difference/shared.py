"""Requests that both versions may grant, and what judges them. Layer: analyze."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from wilkc.analyze.difference.files import Ask, limits_extensions
from wilkc.analyze.difference.hosts import shared_connections
from wilkc.analyze.difference.labels import data_requests
from wilkc.analyze.difference.names import name_lists
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.analyze.difference.asking import Lists
    from wilkc.analyze.difference.sides import Direction


@dataclass(frozen=True, slots=True)
class Question:
    """Requests for texts of one kind.

    Attributes:
        to: the lists of `to` that judge them.
        base: those of the other side.
        request: the request for a text.
    """

    to: Lists
    base: Lists
    request: Callable[[str], Request]


def questions(direction: Direction, type_: str) -> Iterator[Question]:
    """The kinds of requests for models, or for files that have a size."""
    if type_ == "llm":
        to, base = (name_lists(side, "llm", "request") for side in (direction.to, direction.base))
        yield Question(to, base, lambda text: Request(direction.agent, "request", "llm", text))
        return
    asks = [Ask("read"), Ask("write")]
    if limits_extensions(direction):
        asks.append(Ask("write", directory=True))
    for ask in asks:
        to, base = ask.lists(direction.to), ask.lists(direction.base)
        yield Question(to, base, partial(ask.request, direction.agent))


def shared_requests(direction: Direction, type_: str) -> list[Request]:
    """Connections or uses of data that both sides grant."""
    found = {"network": shared_connections, "data": data_requests}[type_](direction)
    return [
        one for one in found if direction.to.decide(one).allow and direction.base.decide(one).allow
    ]
