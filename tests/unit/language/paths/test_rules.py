"""What an entry is read as, and each refusal with its place."""

from __future__ import annotations

import pytest

from wilkc.core.codes import CODES
from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK, AnyOne, CharClass, Literal, Star
from wilkc.language.paths import GLOBSTAR, PathPattern, explicit_text, parse_path_rule

EXPLICIT = [
    # entry, in an allow list, in a block list
    ("a", ["./a"], ["./**/a/**", "~/**/a/**", "/**/a/**"]),
    ("a/", ["./a/**"], ["./**/a/**", "~/**/a/**", "/**/a/**"]),
    ("a/b", ["./a/b"], ["./a/b/**"]),
    ("a/**", ["./a/**"], ["./a/**"]),
    ("./a", ["./a"], ["./a/**"]),
    (".", ["."], ["./**"]),
    ("./", ["./**"], ["./**"]),
    ("~", ["~"], ["~/**"]),
    ("~/", ["~/**"], ["~/**"]),
    ("/", ["/"], ["/**"]),
    ("/a", ["/a"], ["/a/**"]),
    ("**", ["./**"], ["./**", "~/**", "/**"]),
    ("**/", ["./**"], ["./**", "~/**", "/**"]),
    ("**/a", ["./**/a"], ["./**/a/**", "~/**/a/**", "/**/a/**"]),
    ("**/a/b", ["./**/a/b"], ["./**/a/b/**", "~/**/a/b/**", "/**/a/b/**"]),
    ("./**/a", ["./**/a"], ["./**/a/**"]),
    ("*/a", ["./*/a"], ["./*/a/**"]),
    ("a/**/**/b", ["./a/**/b"], ["./a/**/b/**"]),
    ("{a,b/c}", ["./a", "./b/c"], ["./**/a/**", "~/**/a/**", "/**/a/**", "./b/c/**"]),
    ("{a,a}", ["./a"], ["./**/a/**", "~/**/a/**", "/**/a/**"]),
    ("{./,~/}a", ["./a", "~/a"], ["./a/**", "~/a/**"]),
    ("a{/,}", ["./a/**", "./a"], ["./**/a/**", "~/**/a/**", "/**/a/**"]),
    ("{a,b}{c,{d,e}}", ["./ac", "./ad", "./ae", "./bc", "./bd", "./be"], None),
    ("*{*,a}/b", ["./**/b", "./*a/b"], None),
    ("[z-za-cb]", ["./[a-cz]"], None),
    ("\\~", ["./\\~"], None),
    ("\\..", ["./\\.."], None),
    ("\\-a,", ["./\\-a\\,"], None),
    ("[\\]\\-^!]", ["./[\\!\\-\\]-\\^]"], None),
    ("[\\{\\}\\,]", ["./[\\,\\{\\}]"], None),
]


@pytest.mark.parametrize(("entry", "allow", "block"), EXPLICIT)
def test_explicit_forms(entry: str, allow: list[str], block: list[str] | None) -> None:
    assert [explicit_text(one) for one in parse_path_rule(entry, ALLOW)] == allow
    if block is not None:
        assert [explicit_text(one) for one in parse_path_rule(entry, BLOCK)] == block


@pytest.mark.parametrize(("entry", "allow", "block"), EXPLICIT)
def test_an_explicit_form_reads_as_itself(
    entry: str, allow: list[str], block: list[str] | None
) -> None:
    assert allow or block
    for effect in (ALLOW, BLOCK):
        for pattern in parse_path_rule(entry, effect):
            assert parse_path_rule(explicit_text(pattern), effect) == (pattern,)
            assert parse_path_rule(explicit_text(pattern), ALLOW) == (pattern,)


def test_atoms_are_merged_and_classes_normal() -> None:
    assert parse_path_rule("src/a\\*b?[!c-ea]*.ts/**", ALLOW) == (
        PathPattern(
            ".",
            (
                (Literal("src"),),
                (
                    Literal("a*b"),
                    AnyOne(),
                    CharClass((("a", "a"), ("c", "e")), negated=True),
                    Star(),
                    Literal(".ts"),
                ),
                GLOBSTAR,
            ),
        ),
    )


def test_touching_ranges_become_one() -> None:
    assert parse_path_rule("[abc-ed]", ALLOW) == parse_path_rule("[a-e]", ALLOW)


@pytest.mark.parametrize(
    "entry",
    [
        "[a-]", "[-a]", "[--a]", "[[]", "[[.]", "[=[]", "[a!]", "[a^]", "[a,b}]", "[\\{a\\,b\\}]",
        "{a,b}[,}]", "{a[\\,]b,c}",
    ],
)  # fmt: skip
def test_brackets_that_read_only_one_way_are_accepted(entry: str) -> None:
    assert parse_path_rule(entry, ALLOW)


REFUSED = [
    # entry, code, the refused part, a word of the message
    ("", "W030", "", "empty"),
    ("{,a}", "W030", "{,a}", "alternative is empty"),
    ("a/**b", "W031", "**", "whole segment"),
    ("a**", "W031", "**", "whole segment"),
    ("***", "W031", "**", "whole segment"),
    ("**.ts", "W031", "**", "whole segment"),
    ("a{*,b}*c", "W031", "*,b}*", "whole segment"),
    ("a/@(b)", "W032", "@(", "extended glob"),
    ("a!(b)", "W032", "!(", "extended glob"),
    ("a+(b|c)", "W032", "+(", "extended glob"),
    ("*(a)", "W032", "*(", "extended glob"),
    ("?(a)", "W032", "?(", "extended glob"),
    ("{a,+}(b)", "W032", "+}(", "extended glob"),
    ("!a", "W033", "!", "negate"),
    ("!./a", "W033", "!", "negate"),
    ("{a,!b}", "W033", "!", "negate"),
    ("a{b}", "W034", "{b}", "one alternative"),
    ("a{}", "W034", "{}", "one alternative"),
    ("{1..3}", "W034", "{1..3}", "range `{1..3}`"),
    ("{a,b", "W034", "{a,b", "not closed"),
    ("a{b,{c,d}/", "W034", "{b,{c,d}/", "not closed"),
    ("a}b", "W034", "}", "closes nothing"),
    ("{a,b}}", "W034", "}", "closes nothing"),
    ("[[:alpha:]]", "W035", "[:", "named class"),
    ("a[b[:", "W035", "[:", "named class"),
    ("[[=a=]]", "W035", "[=", "named class"),
    ("[[.a.]]", "W035", "[.", "named class"),
    ("a[bc", "W036", "[bc", "not closed"),
    ("[{a,b}]", "W036", "{", "of braces"),
    ("x[!a{]", "W036", "{", "of braces"),
    ("x[a-{]", "W036", "{", "of braces"),
    ("{a[b,c]d,e}", "W036", ",", "of braces"),
    ("{a,{b,c},[}]}", "W036", "}", "of braces"),
    ("[a\\", "W036", "[a\\", "not closed"),
    ("a[z-b]", "W036", "[z-b", "reversed"),
    ("[]", "W036", "[]", "stands first"),
    ("[]a]", "W036", "[]", "stands first"),
    ("[!]a]", "W036", "[!]", "stands first"),
    ("a[/]b", "W037", "/", "slash"),
    ("a[b-/]", "W037", "/", "slash"),
    ("[\\/]", "W037", "/", "slash"),
    ("..", "W038", "..", "`..`"),
    ("../a", "W038", "..", "`..`"),
    ("a/./b", "W038", ".", "`.`"),
    ("./..", "W038", "..", "`..`"),
    ("/.", "W038", ".", "`.`"),
    ("a/{b,..}/c", "W038", "..", "`..`"),
    ("a//b", "W039", "//", "empty segment"),
    ("//a", "W039", "//", "empty segment"),
    ("a//", "W039", "//", "empty segment"),
    ("a/{,b}/c", "W039", "/{,b}/", "empty segment"),
    ("a\nb", "W040", "\n", "U+000A"),
    ("a\0", "W040", "\0", "U+0000"),
    ("\x85", "W040", "\x85", "U+0085"),
    ("a\ud800", "W040", "\ud800", "U+D800"),
    ("e\u0301", "W040", "e\u0301", "NFC"),
    ("ae\\\u0301", "W040", "ae\\\u0301", "NFC"),
    ("{e,a}\u0301b", "W040", "e,a}\u0301b", "NFC"),
    ("a\\", "W041", "\\", "at the end"),
    ("a\\/b", "W041", "\\", "before a slash"),
    ("-rf", "W042", "-", "option"),
    ("{a,-b}", "W042", "-", "option"),
    ("a" * 2_001, "W043", "a" * 2_001, "2001 characters"),
    ("*a" * 65, "W043", "*a" * 65, "65 wildcards"),
    ("{a,b}" * 10, "W043", "{a,b}" * 10, "more than 1000 patterns"),
    ("{a,b}" * 300, "W043", "{a,b}" * 300, "more than 1000 patterns"),
    ("a/~", "W044", "~", "first segment"),
    ("~root", "W044", "~root", "name after it"),
    ("~*/a", "W044", "~*", "name after it"),
    ("./~/a", "W044", "~", "first segment"),
]


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
@pytest.mark.parametrize(("entry", "code", "part", "word"), REFUSED)
def test_refusal(entry: str, code: str, part: str, word: str, effect: str) -> None:
    with pytest.raises(PatternError) as refused:
        parse_path_rule(entry, effect)
    error = refused.value
    assert (error.code, entry[error.start : error.end]) == (code, part)
    assert word in error.message
    assert error.help_text
    assert "\n" not in error.message


def test_every_code_of_paths_is_refused_somewhere() -> None:
    registered = {code for code in CODES if "W030" <= code <= "W049"}
    assert {code for _, code, _, _ in REFUSED} == registered


@pytest.mark.parametrize(
    "entry",
    [
        "a" * 2_000,
        "*a" * 64,
        "{a,b}" * 9,
        "{" + ",".join(str(number) for number in range(400)) + "}",
        "{a," * 400 + "b" + "}" * 400,
    ],
    ids=["characters", "wildcards", "combinations", "alternatives", "depth"],
)
def test_what_is_just_within_the_limits_is_read(entry: str) -> None:
    assert parse_path_rule(entry, ALLOW)


def test_deep_braces_are_refused_as_any_others() -> None:
    with pytest.raises(PatternError) as refused:
        parse_path_rule("{" * 2_000, ALLOW)
    assert (refused.value.code, refused.value.start) == ("W034", 1_999)
