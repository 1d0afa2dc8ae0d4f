"""Path patterns and extensions as languages: what they take, leave, and have for an example."""

from __future__ import annotations

import pytest

from tests.unit.language.automata.walking import machines_take
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import (
    CANONICAL_PATH,
    Included,
    Language,
    Witness,
    difference,
    extension_language,
    path_language,
)
from wilkc.language.paths import parse_path_rule

CANONICAL = [".", "~", "/", "./a", "~/a/b", "/a", "/~", "./...", "./.a", "./..a", "./a.", "/é"]
NOT_CANONICAL = ["", "a", "./", "//", "/a/", "./.", "./..", "././a", "a/b", "./a//b", "./\n", ".a"]
TABLE = [
    # entry, effect, fold, paths that it takes, paths that it leaves
    ("/", ALLOW, False, "/", "/a . ~"),
    ("/**", ALLOW, False, "/ /a /a/b", ". ~ ./a"),
    ("/*", ALLOW, False, "/a /.a", "/ /a/b"),
    ("/**/a", ALLOW, False, "/a /b/a", "/ /b"),
    (".", ALLOW, False, ".", "./a / ~"),
    ("./", ALLOW, False, ". ./a ./.a/b", "/ ~ ~/a"),
    ("~/**/*", ALLOW, False, "~/a ~/a/b", "~ ./a /a"),
    ("a/**/b", ALLOW, False, "./a/b ./a/x/y/b", "./a ./ab ./a/b/c"),
    ("a?[!b]*", ALLOW, False, "./axa", "./axb ./a/a ./ab"),
    ("Straße", ALLOW, True, "./straße ./STRAẞE", "./strasse ~/straße"),
    ("/[!k]*/S", ALLOW, True, "/a/s /a/ſ", "/k/s /K/S ./a/s"),
    (".ssh", BLOCK, True, "./.SSH ~/.ssh/x /a/.ſſh/b", "./.sshd . ~ /"),
    ("**", BLOCK, False, ". ~ / ./a ~/a /a/b", ""),
]


def _languages(text: str, effect: str, *, fold: bool = False) -> list[Language]:
    return [path_language(one, fold=fold) for one in parse_path_rule(text, effect)]


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical_paths(text: str) -> None:
    assert CANONICAL_PATH.takes(text)
    assert machines_take(CANONICAL_PATH, text)


@pytest.mark.parametrize("text", NOT_CANONICAL)
def test_paths_that_no_request_holds(text: str) -> None:
    assert not CANONICAL_PATH.takes(text)
    assert not machines_take(CANONICAL_PATH, text)


@pytest.mark.parametrize(("entry", "effect", "fold", "taken", "left"), TABLE)
def test_machines_and_matching_take_the_same_paths(
    entry: str, effect: str, fold: bool, taken: str, left: str
) -> None:
    languages = _languages(entry, effect, fold=fold)
    for text in taken.split():
        assert any(one.takes(text) for one in languages), text
        assert any(machines_take(one, text) for one in languages), text
    for text in left.split():
        assert not any(one.takes(text) for one in languages), text
        assert not any(machines_take(one, text) for one in languages), text


@pytest.mark.parametrize("text", ["./", "a", "./a//b", "./.."])
def test_a_language_has_canonical_members_only(text: str) -> None:
    assert not any(one.takes(text) for one in _languages("**", BLOCK))


@pytest.mark.parametrize(
    ("entry", "head", "tail"),
    [
        ("/", "", ""),
        ("/**", "", ""),
        ("/**/x", "/", "/x"),
        ("./a/b*/c", "./a/b", "/c"),
        ("./a/**", "./a", ""),
        ("~/*.pem", "~/", ".pem"),
    ],
)
def test_what_all_members_begin_and_end_with(entry: str, head: str, tail: str) -> None:
    (language,) = _languages(entry, ALLOW)
    assert (language.head, language.tail) == (head, tail)
    assert language.needle in {head, tail, *entry.split("/")}
    (folded,) = _languages(entry, ALLOW, fold=True)
    assert folded.head in {".", "~", "/"}
    assert folded.tail == ""


@pytest.mark.parametrize(
    ("allow", "blocks", "text"),
    [
        ("/**", [], "/"),
        ("/**", ["/*"], "/"),
        ("/**", ["/"], None),
        ("./**", ["./*"], "."),
        ("./**/*", ["./*.a"], "./a"),
        ("src/**/*.ts", ["**/*.ts"], None),
        ("src/**/*.ts", ["src/*/*"], "./src/.ts"),
        ("src/", ["src"], None),
        ("src/**", ["src/*"], "./src"),
        ("**/x", ["x"], None),
        ("a/b", ["b"], None),
        ("~/.aws/config", [".aws"], None),
        ("~/.aws/config", ["./.aws"], "~/.aws/config"),
    ],
)
def test_what_blocks_leave_of_an_allow(allow: str, blocks: list[str], text: str | None) -> None:
    negatives = [one for block in blocks for one in _languages(block, BLOCK)]
    (positive,) = _languages(allow, ALLOW)
    wanted = Included() if text is None else Witness(text)
    assert difference(CANONICAL_PATH & positive, negatives) == wanted


@pytest.mark.parametrize(
    ("extensions", "taken", "left"),
    [
        ("md ts", "./a.md ./a/b.TS ~/..md ./a.b.Md", "./.md ./md ./a.mdx ./a.md/b ./md.a . ~ /"),
        ("é", "./a.é", "./a.É ./.é"),
        ("Éa", "./a.Éa", "./a.ÉA ./a.éa"),
        ("", "", "./a.md ./a ."),
    ],
)
def test_extensions_in_either_case_where_ascii(extensions: str, taken: str, left: str) -> None:
    language = extension_language(frozenset(extensions.split()))
    for text in taken.split():
        assert language.takes(text), text
        assert machines_take(language, text), text
    for text in left.split():
        assert not language.takes(text), text
        assert not machines_take(language, text), text


def test_extensions_narrow_a_pattern() -> None:
    (source,) = _languages("src/**", ALLOW)
    whole = CANONICAL_PATH & source & extension_language(frozenset({"md"}))
    assert difference(whole, []) == Witness("./src/a.md")
    assert difference(whole, _languages("*.md", BLOCK)) == Witness("./src/a.mD")
    assert difference(whole, _languages("*.md", BLOCK, fold=True)) == Included()
