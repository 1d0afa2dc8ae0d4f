"""The nearest allow: exact against brute force, and 0 exactly where the real matcher says yes."""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.worlds import COMMANDS, HOSTILE, NAMES, PROGRAMS, WORDS, Maker
from wilkc.analyze.nearest import Budget, align, nearest_command, nearest_host, nearest_name
from wilkc.analyze.nearest.allows import nearest_path
from wilkc.analyze.nearest.languages import (
    SEPARATOR,
    command_automaton,
    name_automaton,
    path_automaton,
)
from wilkc.core.errors import PatternError, RequestError
from wilkc.core.spans import Span
from wilkc.language.atoms import ALLOW
from wilkc.language.commands import command_matches, parse_command_rule
from wilkc.language.hosts import (
    decision_host,
    matches_address,
    matches_name,
    parse_host_rule,
)
from wilkc.language.names import name_matches, parse_name_rule
from wilkc.language.paths import parse_path, parse_path_rule, path_matches
from wilkc.plan.model import HostRule, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.analyze.nearest.automaton import Automaton

PLACE = Span("a.yaml", 1, 1, 1, 1)
LONGEST = 7
ROUNDS = 60
PIECES = ["a", "b", "*", "?", "[ab]", "[!a]", "ab", "a*", "*b", ".", "a.", "?*"]


def levenshtein(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for place, char in enumerate(one, start=1):
        before, row = row, [place]
        for number, second in enumerate(other, start=1):
            cost = min(before[number] + 1, row[-1] + 1, before[number - 1] + (char != second))
            row.append(cost)
    return row[-1]


def texts(alphabet: str, longest: int) -> Iterator[str]:
    for length in range(longest + 1):
        yield from map("".join, product(alphabet, repeat=length))


def check_against_brute_force(
    automaton: Automaton, asked: str, members: Iterable[str], longest: int
) -> int:
    """The distance found; no member is nearer, and where members reach so far one is as near."""
    found = align(automaton, asked, Budget())
    nearest = min((levenshtein(asked, member) for member in members), default=None)
    if found is None:
        assert nearest is None, (asked, nearest)
        return -1
    assert nearest is None or found.edits <= nearest, (asked, found, nearest)
    if len(asked) + found.edits <= longest:
        assert found.edits == nearest, (asked, found, nearest)
    assert sum(max(one.end - one.start, 1) for one in found.changes) >= bool(found.edits)
    return found.edits


def _pattern(rng: random.Random) -> str:
    parts = [rng.choice([*PIECES, "**"]) for _ in range(rng.randint(0, 2))]
    return rng.choice(["./", "/", "~/", ""]) + "/".join(parts)


def _is_path(text: str) -> bool:
    try:
        return str(parse_path(text)) == text
    except RequestError:
        return False


def test_paths_agree_with_brute_force(seed: int) -> None:
    rng = random.Random(f"{seed}/paths")
    every = [text for text in texts("./ab", LONGEST) if _is_path(text)]
    every += ["~" + text[1:] for text in every if text.startswith(".")]
    reached = set()
    for _ in range(ROUNDS):
        try:
            patterns = parse_path_rule(_pattern(rng), ALLOW)
        except PatternError:
            continue
        for pattern in patterns:
            members = [text for text in every if path_matches(pattern, parse_path(text))]
            asked = rng.choice(members if members and rng.random() < 0.2 else every)
            reached.add(check_against_brute_force(path_automaton(pattern), asked, members, LONGEST))
    assert 0 in reached
    assert max(reached) > 0


def test_names_agree_with_brute_force(seed: int) -> None:
    rng = random.Random(f"{seed}/names")
    every = [text for text in texts("ab/.", 6) if text]
    reached = set()
    for _ in range(ROUNDS):
        try:
            text = "".join(rng.choice([*PIECES, "/"]) for _ in range(rng.randint(1, 3)))
            (pattern,) = parse_name_rule(text)
        except PatternError:
            continue
        members = [text for text in every if name_matches(pattern, text)]
        asked = rng.choice(members if members and rng.random() < 0.2 else every)
        reached.add(check_against_brute_force(name_automaton(pattern), asked, members, 6))
    assert 0 in reached
    assert max(reached) > 0


def test_commands_agree_with_brute_force(seed: int) -> None:
    rng = random.Random(f"{seed}/commands")
    every = [text for text in texts(f"a-./{SEPARATOR}", 6) if text and text[0] != SEPARATOR]
    words = ["a", "*", "?", "./*", "**", "a/*", "-*", "../*", "*/", "**/a", "./**/a", ".", "/*"]
    reached = set()
    for _ in range(ROUNDS):
        chosen = [rng.choice(words) for _ in range(rng.randint(0, 2))]
        for pattern in parse_command_rule(" ".join(["a", *chosen]), ALLOW):
            members = [
                text for text in every if command_matches(pattern, tuple(text.split(SEPARATOR)))
            ]
            asked = rng.choice(members if members and rng.random() < 0.2 else every)
            automaton = command_automaton(pattern)
            reached.add(check_against_brute_force(automaton, asked, members, 6))
    assert 0 in reached
    assert max(reached) > 0


def _rule(text: str, patterns: tuple[Any, ...]) -> Rule[Any]:
    return Rule("x", text, PLACE, patterns)


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
@pytest.mark.parametrize("fold", [False, True], ids=["exact", "fold"])
def test_a_path_is_at_distance_0_exactly_where_it_matches(
    seed: int, effort: int, hostile: bool, fold: bool
) -> None:
    rng = random.Random(f"{seed}/{hostile}/{fold}")
    maker = Maker(rng, hostile=hostile)
    seen = set()
    for _ in range(400 * effort):
        try:
            patterns = parse_path_rule(maker.pattern(), ALLOW)
            path = parse_path(maker.pattern())
        except (PatternError, RequestError):
            continue
        if rng.random() < 0.3:
            path = parse_path(str(path).swapcase())
        wanted = any(path_matches(pattern, path, fold=fold) for pattern in patterns)
        near = nearest_path([_rule("x", patterns)], str(path), fold=fold)
        assert (near is not None and near.edits == 0) == wanted, (patterns, path)
        seen.add(wanted)
    assert seen == {True, False}


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_a_command_is_at_distance_0_exactly_where_it_matches(
    seed: int, effort: int, hostile: bool
) -> None:
    rng = random.Random(f"{seed}/{hostile}")
    words = [*WORDS, *HOSTILE] if hostile else WORDS
    seen = set()
    for _ in range(400 * effort):
        patterns = parse_command_rule(rng.choice(COMMANDS), ALLOW)
        program = rng.choice([patterns[0].program, rng.choice(PROGRAMS)])
        argv = (program, *(rng.choice(words) for _ in range(rng.randint(0, 3))))
        argv = tuple(word.replace("\0", "") for word in argv)
        wanted = any(command_matches(pattern, argv) for pattern in patterns)
        near = nearest_command([_rule("x", patterns)], argv)
        assert (near is not None and near.edits == 0) == wanted, (patterns, argv)
        seen.add(wanted)
    assert seen == {True, False}


def test_a_name_is_at_distance_0_exactly_where_it_matches(seed: int, effort: int) -> None:
    rng = random.Random(seed)
    seen = set()
    for _ in range(400 * effort):
        patterns = parse_name_rule(rng.choice(NAMES))
        name = rng.choice([one for one in (*NAMES, *HOSTILE, "gpt-4o", "worker-1") if one])
        wanted = any(name_matches(pattern, name) for pattern in patterns)
        near = nearest_name([_rule("x", patterns)], name)
        assert (near is not None and near.edits == 0) == wanted, (patterns, name)
        seen.add(wanted)
    assert seen == {True, False}


HOSTS = [
    "a.example", "b.a.example", "example", "localhost", "x.localhost", "10.0.0.1", "10.1.2.3",
    "8.8.8.8", "::1", "fd00::1", "2001:db8::1", "169.254.169.254", "192.168.0.255",
]  # fmt: skip
HOST_RULES = [
    "a.example", "*.example", "*.a.example", "*", "private", "10.0.0.0/8", "10.0.0.1",
    "192.168.0.0/23", "fd00::/8", "2001:db8::1", "localhost", "8.8.8.8/30",
]  # fmt: skip


def test_a_host_is_at_distance_0_exactly_where_it_matches() -> None:
    for text, host in product(HOST_RULES, HOSTS):
        try:
            patterns = parse_host_rule(text)
        except PatternError:
            continue
        target = decision_host(host)
        rule = HostRule("x", text, PLACE, patterns, ((443, 443),), frozenset({"https"}))
        takes: Callable[..., bool] = matches_name if isinstance(target, str) else matches_address
        wanted = any(takes(pattern, target, ALLOW) for pattern in patterns)
        near = nearest_host([rule], host, 443, "https")
        assert (near is not None and near.edits == 0) == wanted, (text, host)


def test_of_equally_near_rules_the_first_counts() -> None:
    rules = [_rule(text, parse_name_rule(text)) for text in ("abX", "abY", "abc*d")]
    near = nearest_name(rules, "abZ")
    assert near is not None
    assert (near.rule.text, near.edits) == ("abX", 1)


def test_no_rule_is_nearest_to_nothing() -> None:
    assert nearest_name([], "a") is None


def test_a_question_that_takes_too_long_ends_in_a_partial_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (2_000,))
    rules = [_rule(text, parse_name_rule(text)) for text in ("b", "*".join(["ab"] * 30))]
    near = nearest_name(rules, "x" * 100)
    assert near is not None
    assert (near.rule.text, near.edits, near.complete) == ("b", 100, False)
    assert nearest_name(rules[:1], "x").complete  # type: ignore[union-attr]  # one rule is near
