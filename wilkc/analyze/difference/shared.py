"""Requests that both versions grant, one for each pair of specs that meet. Layer: analyze."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.asking import common
from wilkc.analyze.difference.calls import call_properties
from wilkc.analyze.difference.files import Ask
from wilkc.analyze.difference.hosts import shared_connections
from wilkc.analyze.difference.labels import data_requests
from wilkc.analyze.difference.members import members
from wilkc.analyze.difference.names import name_lists
from wilkc.analyze.difference.runnable import directories, runnables
from wilkc.core.contract import Request
from wilkc.language.automata import Witness, arguments_of, difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference.runnable import Runnable, Words
    from wilkc.analyze.difference.sides import Direction

TRIED: Final = 120
"""Commands tried until every pair of specs has one in common."""


def shared_requests(direction: Direction, type_: str) -> list[Request]:
    """Requests of one type that both sides grant."""
    found = {
        "file": _files, "llm": _models, "tool": _calls, "network": shared_connections,
        "data": data_requests, "shell": _commands,
    }[type_](direction)  # fmt: skip
    return [
        one for one in found if direction.to.decide(one).allow and direction.base.decide(one).allow
    ]


def _files(direction: Direction) -> Iterator[Request]:
    """Reading and writing: the other actions have no limits."""
    for action in ("read", "write"):
        ask = Ask(action)
        lists = ask.lists(direction.to), ask.lists(direction.base)
        for *_, text in common(*lists, direction.budget):
            yield ask.request(direction.agent, text)


def _models(direction: Direction) -> Iterator[Request]:
    for *_, text in _names(direction, "llm", "request"):
        yield Request(direction.agent, "request", "llm", text)


def _calls(direction: Direction) -> Iterator[Request]:
    for *_, text in _names(direction, "tool", "call"):
        for side in (direction.to, direction.base):
            for properties in call_properties(side, text):
                yield Request(direction.agent, "call", "tool", text, properties)


def _names(direction: Direction, kind: str, action: str) -> Iterator[tuple[object, object, str]]:
    to = name_lists(direction.to, kind, action)
    return common(to, name_lists(direction.base, kind, action), direction.budget)


def _commands(direction: Direction) -> Iterator[Request]:
    """Commands of either side, until every pair of specs has met."""
    pairs = len(direction.to.specs) * len(direction.base.specs)
    met: set[tuple[str, str]] = set()
    cwds = directories(direction.to, direction.base)
    for argv, cwd in islice(product(_candidates(direction), cwds), TRIED):
        if len(met) == pairs:
            return
        context = {} if cwd == "." else {"cwd": cwd}
        text = " ".join(argv)
        asked = Request(direction.agent, "execute", "shell", text, {"argv": list(argv)}, context)
        to, base = direction.to.granting(asked), direction.base.granting(asked)
        if to is not None and base is not None:
            met.add((to.name, base.name))
            yield asked


def _candidates(direction: Direction) -> Iterator[Words]:
    both = [*runnables(direction.to), *runnables(direction.base)]
    for one in both:
        yield from _plainest(one, direction.budget)
        yield from members(one.pattern)[:2]
        yield from one.harmless


def _plainest(one: Runnable, budget: int) -> Iterator[Words]:
    """The shortest script of an interpreter."""
    for language in one.scripts if one.interprets else ():
        verdict = difference(language, one.hidden, budget=budget)
        if isinstance(verdict, Witness):
            yield tuple(arguments_of(verdict.text))
