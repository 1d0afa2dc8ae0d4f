"""Generated rules of Gemini CLI: what the imported spec allows, the rules allow too.

They are judged here by a second, naive reading: a call as the tool's name and the text of its
arguments, of which each rule is a regular expression, the highest priority first.
"""

from __future__ import annotations

import json
import random
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.property.imported import allowed_of, drafted
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Callable

SHELL = "run_shell_command"
PROGRAMS = ("git", "github", "ls", "npm", "rm")
WORDS = ("push", "pushed", "status", "-rf", "--", "--force", "a", "ab", "a/b", "x?", "a b", "*")
NAMES = ("save_memory", "google_web_search", "mcp_s_t", "mcp_s_u", "mcp_s_t_v", "mcp_z_t")
HOSTILE = ("'a'", '"b"', "&&", ";", "\\", "$X", "*", "\u0430", "\n", "  ", "", "x" * 80, "}\u0000")
"""Parts of rules that are never said plainly."""


class Seen(NamedTuple):
    """A rule as the source sees it: whom it is about, what it answers, and how it is ranked."""

    pattern: re.Pattern[str]
    allows: bool
    rank: float


def prefixed(prefix: str) -> re.Pattern[str]:
    """The expression that the source makes of a prefix of commands."""
    inner = re.escape(json.dumps(prefix)[1:-1])
    return re.compile(rf'{SHELL} \{{"command": "{inner}(?:[\s"]|\\").*', re.DOTALL)


def tool(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name).replace(re.escape('*'), '.*')} .*", re.DOTALL)


def some_prefix(rng: random.Random, *, hostile: bool) -> str:
    words = [rng.choice(PROGRAMS), *rng.choices(WORDS, k=rng.randrange(3))]
    if hostile and rng.random() < 0.3:
        words[rng.randrange(len(words))] = rng.choice(HOSTILE)
    return " ".join(words)


def settings(rng: random.Random, *, hostile: bool) -> tuple[bytes, list[Seen], list[Seen]]:
    """A settings file, its rules, and its list of what there is."""

    def entry() -> tuple[str, re.Pattern[str]]:
        if rng.random() < 0.7:
            prefix = some_prefix(rng, hostile=hostile)
            return f"{SHELL}({prefix})", prefixed(prefix) if prefix else re.compile(r"(?!)")
        name = rng.choice((*NAMES, SHELL, "mcp_s_*"))
        return name, tool(name)

    allowed = [entry() for _ in range(rng.randrange(1, 5))]
    excluded = [entry() for _ in range(rng.randrange(3))]
    core = [entry() for _ in range(rng.randrange(1, 7))] if rng.random() < 0.4 else None
    tools: dict[str, Any] = {
        "allowed": [text for text, _ in allowed], "exclude": [text for text, _ in excluded],
    }  # fmt: skip
    if core is not None:
        tools["core"] = [text for text, _ in core]
    seen = [Seen(pattern, allows=True, rank=4.3) for _, pattern in allowed]
    seen += [Seen(pattern, allows=False, rank=4.4) for _, pattern in excluded]
    asked = [entry() for _ in range(rng.randrange(2))]
    tools["confirmationRequired"] = [text for text, _ in asked]
    seen += [Seen(pattern, allows=False, rank=4.35) for _, pattern in asked]
    if any("(" in text for text, _ in allowed):
        seen.append(Seen(tool(SHELL), allows=False, rank=4.29))
    there = [Seen(pattern, allows=True, rank=0) for _, pattern in core or ()]
    if core is not None:
        seen += [Seen(pattern, allows=True, rank=4.25) for _, pattern in core]
        seen.append(Seen(tool("*"), allows=False, rank=4.24))
        there.append(Seen(tool("mcp_*"), allows=True, rank=0))
    text = f"// rules\n{json.dumps({'tools': tools}, indent=rng.choice((None, 2)))}"
    return text.encode(), seen, there


def policies(rng: random.Random, tier: int, *, hostile: bool) -> tuple[bytes, list[Seen]]:
    lines: list[str] = []
    seen: list[Seen] = []
    for _ in range(rng.randrange(1, 7)):
        decision = rng.choice(("allow", "allow", "deny", "ask_user"))
        priority = rng.randrange(6)
        rank = tier + priority / 1000
        fields: dict[str, Any] = {"decision": decision, "priority": priority}
        kind = rng.randrange(5)
        if kind <= 1:
            prefixes = [some_prefix(rng, hostile=hostile) for _ in range(rng.randrange(1, 3))]
            fields |= {"toolName": SHELL, "commandPrefix": prefixes}
            patterns = list(map(prefixed, prefixes))
        elif kind == 2:
            regex = rng.choice(
                ("git pus", "rm .*-rf", "git (push|a)", "ls|rm", "npm a?b", ".*force")
            )
            fields |= {"toolName": SHELL, "commandRegex": regex}
            patterns = [re.compile(rf'{SHELL} \{{"command": "(?:{regex}).*', re.DOTALL)]
            if "|" in regex:
                patterns = [re.compile(rf'{SHELL} .*(?:"command": "{regex}).*', re.DOTALL)]
        elif kind == 3:
            name = rng.choice((*NAMES, "*", "mcp_*", "mcp_s_*", SHELL))
            fields["toolName"] = name
            patterns = [tool(name)]
        else:
            name = rng.choice(("t", "u", "*"))
            fields |= {"toolName": name, "mcpName": "s"}
            patterns = [tool(f"mcp_s_{name}")]
        if rng.random() < 0.1:
            fields["modes"] = ["yolo"]
            # A mode in which it does not hold is as if it were not there; one where it does counts
            # for what denies.
            patterns = patterns if decision != "allow" else []
        lines += ["[[rule]]", *(f"{key} = {json.dumps(value)}" for key, value in fields.items())]
        seen += [Seen(pattern, allows=decision == "allow", rank=rank) for pattern in patterns]
    return "\n".join(lines).encode(), seen


def allows(rules: list[Seen], there: list[list[Seen]], call: str) -> bool:
    """Whether a call runs: it is there, and what allows it ranks above all that denies it."""
    if not all(any(one.pattern.match(call) for one in listed) for listed in there if listed):
        return False
    yes = max((one.rank for one in rules if one.allows and one.pattern.match(call)), default=-1.0)
    no = max(
        (one.rank for one in rules if not one.allows and one.pattern.match(call)), default=-1.0
    )
    return yes > no


def a_call(rng: random.Random) -> tuple[Request, str]:
    if rng.random() < 0.7:
        argv = [rng.choice(PROGRAMS), *rng.choices(WORDS, k=rng.randrange(4))]
        # As a shell reads it back; a word is quoted only where it must be.
        text = shlex.join(argv)
        request = Request("a", "execute", "shell", text, {"argv": list(argv)})
        return request, f"{SHELL} {json.dumps({'command': text})}"
    name = rng.choice(NAMES)
    return Request("a", "use", "tool", name), f"{name} {{}}"


def test_no_more_is_allowed_than_was(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    count, allowed = 0, 0
    rng = random.Random(seed)
    for round_ in range(120 * effort):
        hostile = round_ % 3 == 0
        files: dict[str, bytes] = {}
        rules: list[Seen] = []
        there: list[list[Seen]] = []
        if rng.random() < 0.6:
            files["s.json"], seen, listed = settings(rng, hostile=hostile)
            rules += seen
            there.append(listed)
        for tier in rng.sample((3, 4, 5), k=rng.randrange(0 if files else 1, 3)):
            files[f"{tier}.toml"], seen = policies(rng, tier, hostile=hostile)
            rules += seen
        draft, refused = drafted("gemini", files)
        if draft is None:
            # Characters that no file may hold are refused, at their place.
            assert hostile, refused
            assert re.match(r"(?:s\.json|\d\.toml):\d+", refused), refused
            continue
        calls = [a_call(rng) for _ in range(60)]
        asked = ((request, allows(rules, there, call)) for request, call in calls)
        count += len(calls)
        allowed += allowed_of(draft, asked, files)
    assert allowed > count // 50
    compared(count)
