"""What checks know of the world, read once from `tables.json`. Layer: analyze (pure data).

`secrets` are files that hold secrets by convention, with a pattern that blocks them;
`run_by_others` are files that programs act on which nobody asked the agent to start;
`public_suffixes` are domains below which anybody gets a name. All three are selections: a
file or domain that is missing here may be as dangerous, and no check says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from wilkc.language.atoms import BLOCK
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.language.paths import PathPattern, Root


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of files; compared by identity, as it is made once.

    Attributes:
        what: what they are, in a few words for a message.
        patterns: where they are, by root; over all roots where no root is given.
        block: an entry of `blocked_paths` that takes them, or empty.
    """

    what: str
    patterns: Mapping[Root, tuple[PathPattern, ...]]
    block: str


@dataclass(frozen=True, slots=True)
class Suffixes:
    """Where public names end.

    Attributes:
        public: domains of two or more labels.
        private_labels: last labels under which nobody sells names; any other is public.
    """

    public: frozenset[str]
    private_labels: frozenset[str]

    def is_public(self, name: str) -> bool:
        """Whether anybody gets a name below this one, as far as is known here."""
        if "." in name:
            return name in self.public
        return name not in self.private_labels


@cache
def secrets() -> tuple[Kind, ...]:
    """Files that hold secrets."""
    return _kinds("secrets")


@cache
def secret_texts() -> tuple[tuple[str, str], ...]:
    """What files that hold secrets are, and where, as the table writes it."""
    return tuple((entry["what"], text) for entry in _raw()["secrets"] for text in entry["paths"])


@cache
def run_by_others() -> tuple[Kind, ...]:
    """Files that others run."""
    return _kinds("run_by_others")


@cache
def suffixes() -> Suffixes:
    """Where public names end."""
    held = _raw()["public_suffixes"]
    return Suffixes(frozenset(held["suffixes"].split()), frozenset(held["private_labels"].split()))


def _kinds(name: str) -> tuple[Kind, ...]:
    return tuple(
        Kind(entry["what"], _by_root(entry["paths"]), entry.get("block", ""))
        for entry in _raw()[name]
    )


def _by_root(texts: Sequence[str]) -> Mapping[Root, tuple[PathPattern, ...]]:
    held: dict[Root, tuple[PathPattern, ...]] = {}
    for pattern in (one for text in texts for one in _patterns(text)):
        held[pattern.root] = (*held.get(pattern.root, ()), pattern)
    return held


def _patterns(text: str) -> Iterator[PathPattern]:
    """The explicit patterns: floating as in a block, but a file is no folder."""
    for pattern in parse_path_rule(text, BLOCK):
        yield pattern if text.endswith("/") else replace(pattern, parts=pattern.parts[:-1])


@cache
def _raw() -> dict[str, Any]:
    text = resources.files("wilkc.analyze.lint").joinpath("tables.json").read_text("utf-8")
    held: dict[str, Any] = json.loads(text)
    return held
