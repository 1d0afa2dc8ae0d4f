"""Generated rules of Claude Code: what the imported spec allows, the rules allow too.

They are judged here by a second, naive reading: a command as the text that it is, a path as
gitignore has it.
"""

from __future__ import annotations

import json
import random
import re
import shlex
from typing import TYPE_CHECKING

from tests.property.imported import allowed_of
from wilkc.core.contract import Request
from wilkc.importers import import_rules

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = ("git", "ls", "npm", "rm")
WORDS = ("push", "status", "-rf", "--", "--force", "a", "ab", "a/b", "x?", "[a]", "{a,b}")
PARTS = ("src", "a", "ab", ".env", "b.ts", "x.md")
GLOBS = (*PARTS, "*", "**", "*.ts", "a*", "?b", "{a,b}")


def command_rule(rng: random.Random) -> str:
    words = [rng.choice((*PROGRAMS, "l*", "*"))]
    words += rng.choices((*WORDS, "*", "a*", "p*h"), k=rng.randrange(3))
    text = " ".join(words)
    return f"Bash({text}{rng.choice(('', '', ' *', ':*'))})"


def path_rule(rng: random.Random) -> str:
    path = "/".join(rng.choices(GLOBS, k=rng.randrange(1, 4)))
    return f"Read({rng.choice(('', '', './', '//', '~/'))}{path})"


def as_regex(glob: str) -> str:
    return "".join(".*" if one == "*" else re.escape(one) for one in glob)


def allows_command(rules: dict[str, list[str]], text: str) -> bool:
    def match(rule: str) -> bool:
        glob = rule[len("Bash(") : -1]
        glob = f"{glob[:-2]} *" if glob.endswith(":*") else glob
        pattern = f"{as_regex(glob[:-2])}( .*)?" if glob.endswith(" *") else as_regex(glob)
        return re.fullmatch(pattern, text) is not None

    found = {kind: any(map(match, some)) for kind, some in rules.items()}
    return found["allow"] and not found["deny"] and not found["ask"]


def segment(glob: str) -> str:
    marks = {"*": "[^/]*", "?": "[^/]"}
    return "".join(marks.get(one, re.escape(one)) for one in glob)


def path_matches(spec: str, path: str, *, anywhere: bool) -> bool:
    """Whether gitignore matches a path of the workspace, or a folder that it lies in."""
    if spec.startswith(("//", "~/")):
        return False
    plain = spec.removeprefix("./")
    parts = plain.split("/")
    floating = "/" not in plain and plain == spec
    wide = anywhere and parts[-1] == "**" and len(parts) == 2  # `dir/**`
    middle = "".join("(?:[^/]+/)*" if part == "**" else f"{segment(part)}/" for part in parts)
    start = "(?:.*/)?" if floating or wide or parts[0] == "**" else ""
    return re.fullmatch(f"{start}{middle}(?:.*/)?", f"{path}/") is not None


def allows_path(rules: dict[str, list[str]], path: str) -> bool:
    def match(rule: str, *, anywhere: bool) -> bool:
        return path_matches(rule[len("Read(") : -1], path, anywhere=anywhere)

    denied = any(match(rule, anywhere=True) for rule in (*rules["deny"], *rules["ask"]))
    return not denied and any(match(rule, anywhere=False) for rule in rules["allow"])


def test_no_more_is_allowed_than_was(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    count, allowed = 0, 0
    rng = random.Random(seed)
    for _ in range(150 * effort):
        kind = rng.choice((command_rule, path_rule))
        rules = {
            "allow": [kind(rng) for _ in range(rng.randrange(1, 5))],
            "deny": [kind(rng) for _ in range(rng.randrange(3))],
            "ask": [kind(rng) for _ in range(rng.randrange(2))],
        }
        draft = import_rules("claude", {"s": json.dumps({"permissions": rules}).encode()})
        asking = a_command if kind is command_rule else a_path
        asked = [asking(rng, rules) for _ in range(60)]
        count += len(asked)
        allowed += allowed_of(draft, asked, rules)
    assert allowed > count // 50
    compared(count)


def a_command(rng: random.Random, rules: dict[str, list[str]]) -> tuple[Request, bool]:
    argv = [rng.choice(PROGRAMS), *rng.choices(WORDS, k=rng.randrange(4))]
    request = Request("a", "execute", "shell", shlex.join(argv), {"argv": argv})
    return request, allows_command(rules, " ".join(argv))


def a_path(rng: random.Random, rules: dict[str, list[str]]) -> tuple[Request, bool]:
    path = "/".join(rng.choices(PARTS, k=rng.randrange(1, 4)))
    return Request("a", "read", "file", f"./{path}"), allows_path(rules, path)
