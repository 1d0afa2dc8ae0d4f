"""Command patterns as languages of argument lists."""

from __future__ import annotations

import pytest

from tests.unit.language.automata.walking import machines_take
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    Included,
    Language,
    Witness,
    arguments_of,
    command_language,
    difference,
)
from wilkc.language.commands import parse_command_rule

TABLE = [
    # entry, effect, lists that it takes, lists that it leaves
    ("git status", ALLOW, ["git status"], ["git", "git status -s", "/b/git status", "gitstatus"]),
    ("git *", ALLOW, ["git", "git a", "git -x b"], ["gitx", "x/git"]),
    ("a * c", ALLOW, ["a b c", "a -x c"], ["a c", "a b b c", "a b c d"]),
    ("cat *.md", ALLOW, ["cat a.md", "cat .md"], ["cat -a.md", "cat a/b.md", "cat"]),
    ("cat -*", ALLOW, ["cat -a", "cat -"], ["cat a", "cat --/a"]),
    ("cat a/**", ALLOW, ["cat a", "cat a/b/c"], ["cat a/../b", "cat a/", "cat ab"]),
    ("cat ./**", ALLOW, ["cat .", "cat ./a"], ["cat ./", "cat ./..", "cat ./a/.", "cat .."]),
    ("cat ../**", ALLOW, ["cat ..", "cat ../a"], ["cat ../..", "cat ../a/..", "cat ."]),
    ("cat ../../*", ALLOW, ["cat ../../a"], ["cat ../a", "cat ../../..", "cat ../a/b"]),
    ("cat /*", ALLOW, ["cat /a"], ["cat /", "cat //", "cat /..", "cat a"]),
    ("cat **", ALLOW, ["cat a", "cat a/b"], ["cat -a", "cat a//b", "cat ../a"]),
    ("rm", BLOCK, ["rm", "/b/rm", "rm a b"], ["arm", "rm/", "x rm"]),
    ("rm a*", BLOCK, ["rm a", "rm b ab", "rm x a/b a"], ["rm", "rm b", "rm xa"]),
    ("rm a b", BLOCK, ["rm a b", "rm x a x b"], ["rm b a", "rm a"]),
    ("rm ./*", BLOCK, ["rm ./a", "rm ./", "rm ./.."], ["rm a", "rm ././a"]),
    ("rm -rf", BLOCK, ["rm -rf", "rm -f -r", "rm x -vRf", "rm --rec --force"], ["rm -r", "rm -f"]),
    ("rm -r", BLOCK, ["rm --r", "rm --recursive=x", "rm a -xr"], ["rm -- -r", "rm --x", "rm r"]),
    ("rm -z", BLOCK, ["rm -z", "rm --zero", "rm --z"], ["rm --azz", "rm -- --z", "rm -Z"]),
    ("rm -=", BLOCK, ["rm -=", "rm -a="], ["rm --=", "rm --=x", "rm ="]),
    ("rm -İ", BLOCK, ["rm -İ", "rm -xİ"], ["rm --i\u0307", "rm -i"]),
    (
        "find -files0-from",
        BLOCK,
        ["find -files0-from"],
        ["find -files0from --x", "find -files0from --"],
    ),
    ("rm --force", BLOCK, ["rm --force", "rm --fo=x", "rm -xf"], ["rm --forced", "rm force"]),
]


def _languages(text: str, effect: str) -> list[Language]:
    return [command_language(one) for one in parse_command_rule(text, effect)]


def _text(line: str) -> str:
    return "".join(f"{word}\0" for word in line.split(" "))


@pytest.mark.parametrize(("entry", "effect", "taken", "left"), TABLE)
def test_machines_and_matching_take_the_same_lists(
    entry: str, effect: str, taken: list[str], left: list[str]
) -> None:
    languages = _languages(entry, effect)
    for text in map(_text, taken):
        assert any(one.takes(text) for one in languages), text
        assert any(machines_take(one, text) for one in languages), text
        assert any(text.startswith(one.head) and one.needle in text for one in languages)
    for text in map(_text, left):
        assert not any(one.takes(text) for one in languages), text
        assert not any(machines_take(one, text) for one in languages), text


@pytest.mark.parametrize("text", ["a\0", "a\0\0", "a\0-x\0\0"])
def test_argument_lists(text: str) -> None:
    assert CANONICAL_ARGUMENTS.takes(text)
    assert machines_take(CANONICAL_ARGUMENTS, text)


@pytest.mark.parametrize("text", ["", "\0", "\0a\0", "a", "a\0b"])
def test_texts_that_are_no_argument_list(text: str) -> None:
    assert not CANONICAL_ARGUMENTS.takes(text)
    assert not machines_take(CANONICAL_ARGUMENTS, text)
    assert not _languages("a *", ALLOW)[0].takes(text)


def test_the_arguments_of_a_text() -> None:
    assert arguments_of("git\0\0-x\0") == ["git", "", "-x"]


@pytest.mark.parametrize(
    ("allow", "blocks", "wanted"),
    [
        ("git *", [], ["git"]),
        ("git *", ["git"], None),
        ("git push *", ["git push --force"], ["git", "push"]),
        ("git push --force", ["git push --force"], None),
        ("git push -f", ["git push --force"], None),
        ("git push -- -f", ["git push --force"], ["git", "push", "--", "-f"]),
        ("rm -rf *", ["rm -r -f"], None),
        ("rm -r *", ["rm -rf"], ["rm", "-r"]),
        # Both flags at once are blocked, so a list with one of them is left.
        ("rm -[rv]f", ["rm -rf"], ["rm", "-vf"]),
        ("rm * /", ["rm -r"], ["rm", "", "/"]),
        ("/bin/rm", ["rm"], None),
        ("rm ./**", ["rm ./**/*"], ["rm", "."]),
        ("rm --=x", ["rm -="], ["rm", "--=x"]),
        ("rm a", ["cp a"], ["rm", "a"]),
    ],
)
def test_what_blocks_leave_of_an_allow(
    allow: str, blocks: list[str], wanted: list[str] | None
) -> None:
    negatives = [one for block in blocks for one in _languages(block, BLOCK)]
    (positive,) = _languages(allow, ALLOW)
    verdict = difference(CANONICAL_ARGUMENTS & positive, negatives)
    if wanted is None:
        assert verdict == Included()
    else:
        assert isinstance(verdict, Witness)
        assert arguments_of(verdict.text) == wanted
