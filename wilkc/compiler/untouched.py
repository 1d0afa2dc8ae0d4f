"""Specs that two versions share and nothing else touches. Layer: compiler.

A change usually touches few of many specs. A spec whose file is the same in both versions
means the same in both, if everything that it rests on is the same too, so it need not be read
to be compared. This is decided by the bytes alone, and only where they leave no doubt: the
file says nothing about agents or bases but its own agent in its first line, or else that agent
is called as the file is; no file that is read mentions that name; and nothing that every spec
rests on has changed. Whatever could spell a word in another way (an escape, a second document)
counts as doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from wilkc.core.names import NAME
from wilkc.plan.agents import stem
from wilkc.spec import FLEET_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPEC: Final = re.compile(rb"^permissions[ ]*:", re.MULTILINE)
_NAMING: Final = (b"\\", b"agent", b"extends", b"bindings", b"roles", b"\n---", b"\n...")
"""What may give a spec another name, another agent, or a base; or begin another document."""
_BOUNDING: Final = (
    b"\\", b"security_policy", b"core", b"runtime", b"audit", b"data_protection",
    b"access_control", b"security_defaults",
)  # fmt: skip
"""What may be a document that every spec rests on."""
_OWN: Final = re.compile(
    rb"(?:#[\t -~]*\n|\n)*"
    rb"agent: (?!(?:y|n|yes|no|on|off|true|false|null)\n)([a-z][a-z0-9_-]{0,127})\n+(?=[a-z#])"
)
"""The agent in the first line that is no comment: a plain text in YAML 1.1, and all of it.

Comments are ASCII, because other characters may end a line in YAML.
"""


def untouched(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Files that need not be read to compare two versions, each with its one agent.

    Args:
        old: file name to bytes.
        new: the same of the other version.

    Returns:
        A part of the files that both have alike; nothing where there is any doubt.
    """
    same = {file for file, text in old.items() if new.get(file) == text}
    changed = [text for side in (old, new) for file, text in side.items() if file not in same]
    if any(_holds(text, _BOUNDING) for text in changed):
        return {}
    agents = {file: _only_agent(file, old[file]) for file in same}
    found = {file: agent for file, agent in agents.items() if agent}
    names = Counter(found.get(file) or stem(file) for file in {*old, *new})
    read = {file for file in {*old, *new} if file not in found}
    texts = [side[file] for side in (old, new) for file in read if file in side]
    if any(b"\\" in text for text in texts):
        return {}
    whole = b"\0".join(texts)
    return {
        file: agent
        for file, agent in found.items()
        if names[agent] == 1 and agent.encode("ascii") not in whole
    }


def _only_agent(file: str, text: bytes) -> str:
    """The agent of a spec that says nothing about others, or empty."""
    own = _OWN.match(text)
    agent, rest = (own[1].decode("ascii"), text[own.end() :]) if own else (stem(file), text)
    if file.endswith(FLEET_SUFFIX) or not NAME.fullmatch(agent):
        return ""
    doubtful = rest.startswith(b"---") or _holds(rest, _NAMING) or _holds(rest, _BOUNDING)
    return agent if not doubtful and _SPEC.search(rest) else ""


def _holds(text: bytes, words: tuple[bytes, ...]) -> bool:
    """Whether one of the words occurs anywhere: said too often, never too rarely."""
    return any(word in text for word in words)
