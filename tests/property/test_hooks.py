"""Mutated payloads: never an allow that the reference evaluator denies, never another code."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

from tests.hook_cases import HARNESSES, cases, make_workspace
from tests.hook_worlds import Reference, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROUNDS = 4_000
TEXTS = (
    "", ".", "..", "./.env", "src/../.env", "/etc/passwd", "~/.ssh", "src/app.ts", "src/secrets/x",
    "git status", "rm -rf /", "git status; rm -rf out", "$(id)", "ls -l", "git\u00a0status",
    "https://docs.example.com/", "https://evil.example.net/", "https://docs.example.com@evil.example",
    "Bash", "bash", "Read", "mcp__docs__search", "mcp__x__y", "PreToolUse", "PostToolUse", "\0",
    "\ud800", "a" * 5_000, "*** Begin Patch\n*** Add File: .env\n+x\n*** End Patch",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**400,
    [],
    {},
    [[]],
    {"a": {"b": []}},
    ["Bash"],
)
NAMES = (
    "tool_name", "tool_input", "cwd", "file_path", "command", "updatedInput", "toolName", "url",
    "turn_id", "cursor_version", "hook_event_name", "content", "path", "prompt", "surprise",
)  # fmt: skip


def test_mutated_payloads_allow_nothing_that_the_reference_denies(
    tmp_path: Path, seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    chosen = random.Random(seed)
    reference = Reference(make_workspace(tmp_path))
    known = [one.payload for one in cases(tmp_path)]
    allows = denials = asks = 0
    for _ in range(ROUNDS * effort):
        payload = _mutated(copy.deepcopy(chosen.choice(known)), chosen)
        raw = _broken(json.dumps(payload).encode("utf-8", "surrogatepass"), chosen)
        flags = {name: chosen.random() < 0.3 for name in ("skip-prompt", "ask-unmatched")}
        reference.asked.clear()
        harness = chosen.choice((None, None, *HARNESSES))
        answer = reference.judge(raw, harness=harness, given={**options(), **flags})
        assert answer.code in {0, 2}, raw
        if answer.code == 2:
            denials += 1
            assert answer.reason, raw
            assert '"allow"' not in answer.printed, raw
        elif '"ask"' in answer.printed:
            asks += 1
            assert flags["ask-unmatched"]
            assert harness not in {"codex", "gemini"}
            denied = {decision.detail for _, decision in reference.asked if not decision.allow}
            assert denied == {"no_rule_matches"}, raw
        else:
            allows += 1
            assert reference.asked, raw
            assert all(decision.allow for _, decision in reference.asked), raw
    compared(allows + denials + asks)
    # A generator that reaches only one side would prove nothing.
    assert min(allows, denials, asks) > 20, (allows, denials, asks)


def _mutated(payload: dict[str, Any], chosen: random.Random) -> Any:
    for _ in range(chosen.choice((0, 1, 1, 2, 3))):
        place = chosen.choice(list(_objects(payload)))
        names = [*place, chosen.choice(NAMES)]
        name = chosen.choice(names)
        kind = chosen.randrange(5)
        if kind == 0 and name in place:
            del place[name]
        elif kind == 1 and name in place:
            place[chosen.choice(NAMES)] = place.pop(name)
        elif kind == 2:
            place[name] = copy.deepcopy(chosen.choice(VALUES))
        elif kind == 3 and isinstance(place.get(name), str):
            place[name] = _text(place[name], chosen)
        else:
            place[name] = chosen.choice(TEXTS)
    return payload


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)


def _text(text: str, chosen: random.Random) -> str:
    place = chosen.randrange(len(text) + 1)
    return (
        text[:place]
        + chosen.choice((*TEXTS, "/", "\n", ";", "'", "\N{ZERO WIDTH SPACE}"))
        + (text[place:])
    )


def _broken(raw: bytes, chosen: random.Random) -> bytes:
    kind = chosen.randrange(40)
    if kind == 0:
        return raw[: chosen.randrange(len(raw))]
    if kind == 1:
        place = chosen.randrange(len(raw))
        return raw[:place] + bytes([chosen.randrange(256)]) + raw[place + 1 :]
    if kind == 2:
        return raw[:-1] + b', "tool_name": "Bash"}'
    return raw
