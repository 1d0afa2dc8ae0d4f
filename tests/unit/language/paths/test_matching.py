"""Which paths an entry takes, written out by hand."""

from __future__ import annotations

import pytest

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.globs import glob_matches
from wilkc.language.globs import matching as globs_matching
from wilkc.language.paths import matching, parse_path, parse_path_rule, path_matches

TABLE = [
    # entry, effect, paths that it takes, paths that it leaves
    (".", ALLOW, ". ", "./a ~ /"),
    ("./", ALLOW, ". ./a ./a/b ./.env", "~ ~/a / /a"),
    ("./**", ALLOW, ". ./a ./a/b", "~ /"),
    ("**", ALLOW, ". ./a ./a/b", "~ ~/a / /a"),
    ("*", ALLOW, "./a ./.env", ". ./a/b ~/a /a"),
    ("~", ALLOW, "~", "~/a . ./~"),
    ("~/", ALLOW, "~ ~/a ~/a/b", ". ./a /a"),
    ("~/*", ALLOW, "~/a ~/.aws", "~ ~/a/b ./a"),
    ("/", ALLOW, "/", "/a . ~"),
    ("/**", ALLOW, "/ /a /a/b", ". ./a ~ ~/a"),
    ("/*", ALLOW, "/a /.a", "/ /a/b ./a"),
    ("/**/a", ALLOW, "/a /b/a /b/c/a", "/ /b ./a"),
    ("/etc/", ALLOW, "/etc /etc/a", "/ /etcetera ./etc"),
    ("src", ALLOW, "./src", "./src/a ./a/src ~/src /src"),
    ("src/", ALLOW, "./src ./src/a ./src/a/b", ". ./a/src ./srca"),
    ("src/**", ALLOW, "./src ./src/a", "./a/src ./srca"),
    ("src/**/*", ALLOW, "./src/a ./src/a/b", "./src"),
    ("src/**/x", ALLOW, "./src/x ./src/a/x ./src/a/b/x", "./src ./src/ax ./x"),
    ("**/x", ALLOW, "./x ./a/x ./a/b/x", "./ax ~/x /x ./x/a"),
    ("**/*.ts", ALLOW, "./a.ts ./.ts ./a/b.ts", "./a.tsx ./a.ts/b"),
    ("a?c", ALLOW, "./abc ./a.c ./aéc ./a\U0001f600c", "./ac ./abbc ./a/c"),
    ("a[b-d]e", ALLOW, "./abe ./ade", "./aee ./ae ./aBe"),
    ("a[!b-d]e", ALLOW, "./aae ./a.e", "./abe ./a/e ./ae"),
    ("a[^b]e", ALLOW, "./aae ./a^e", "./abe"),
    ("a[+-9]b", ALLOW, "./a+b ./a.b ./a9b", "./a/b"),
    ("{a,b/c}", ALLOW, "./a ./b/c", "./b ./c ./a/c"),
    ("a{,b}{c,}", ALLOW, "./a ./ab ./ac ./abc", "./b ./acb"),
    ("{~,.}/x", ALLOW, "~/x ./x", "/x"),
    ("{,x}/y", ALLOW, "/y ./x/y", "./y"),
    ("a\\*b", ALLOW, "./a*b", "./aab ./a\\*b"),
    ("\\~/a", ALLOW, "./~/a", "~/a"),
    ("./\\~", ALLOW, "./~", "~"),
    ("\\.", ALLOW, "", ". ./a"),
    ("\\./a", ALLOW, "", "./a"),
    ("a,b", ALLOW, "./a,b", "./a ./b"),
    ("src/.*", ALLOW, "./src/.env", "./src/env"),
    # A block also takes everything below, and floats where nothing ties it to a root.
    (".env", BLOCK, "./.env ./a/.env ~/.env ~/a/b/.env /.env /a/.env ./.env/a", "./.envrc . ./a"),
    ("*.pem", BLOCK, "./a.pem ~/b/a.pem /a.pem ./.pem ./a.pem/x", "./a.pem2"),
    (".git/", BLOCK, "./.git ./a/.git/config ~/.git /a/.git/b", "./.github"),
    ("**/x", BLOCK, "./x ~/x /x /a/b/x/c", "./ax . ~ /"),
    ("**/a/b", BLOCK, "./a/b ~/c/a/b /a/b/c", "./a ./b/a"),
    ("**", BLOCK, ". ~ / ./a ~/a /a/b", ""),
    ("*", BLOCK, "./a ~/a /a ./a/b", ". ~ /"),
    ("a/b", BLOCK, "./a/b ./a/b/c", "./c/a/b ~/a/b /a/b"),
    ("a/**", BLOCK, "./a ./a/b", "./c/a ~/a /a"),
    ("*/x", BLOCK, "./a/x ./b/x/y", "./x ./a/b/x ~/a/x"),
    ("./a", BLOCK, "./a ./a/b", "./b/a ~/a /a"),
    ("./**/a", BLOCK, "./a ./b/a/c", "~/a /a"),
    ("~/.aws", BLOCK, "~/.aws ~/.aws/credentials", "./.aws /.aws ~/a/.aws ~/.awsome"),
    ("~", BLOCK, "~ ~/a", ". ./a /"),
    (".", BLOCK, ". ./a", "~ /"),
    ("/", BLOCK, "/ /a /a/b", ". ~ ./a"),
    ("/etc", BLOCK, "/etc /etc/a", "./etc /a/etc"),
    ("{.env,a/b}", BLOCK, "/x/.env ./a/b/c", "/a/b ~/a/b"),
]


@pytest.mark.parametrize(("entry", "effect", "taken", "left"), TABLE)
def test_table(entry: str, effect: str, taken: str, left: str) -> None:
    patterns = parse_path_rule(entry, effect)
    for text, expected in [(t, True) for t in taken.split()] + [(t, False) for t in left.split()]:
        path = parse_path(text)
        assert any(path_matches(pattern, path) for pattern in patterns) is expected, text


@pytest.mark.parametrize(
    ("entry", "path", "folded"),
    [
        ("README.md", "./readme.MD", True),
        ("[a-z]*", "./README", True),
        ("[!a-z]*", "./README", False),
        ("[!A]", "./a", False),
        ("s", "./\u017f", True),
        ("[s]", "./\u017f", True),
        ("\u017f", "./S", True),
        ("straße", "./STRAẞE", True),
        ("straße", "./STRASSE", False),
        ("i", "./İ", False),
        ("i", "./ı", False),
        ("σ", "./ς", True),
        ("Ω", "./ω", True),
    ],
)
def test_folding_is_simple_and_of_both_sides(entry: str, path: str, *, folded: bool) -> None:
    (pattern,) = parse_path_rule(entry, ALLOW)
    assert path_matches(pattern, parse_path(path), fold=True) is folded
    if folded:
        assert not path_matches(pattern, parse_path(path))


def test_case_counts_unless_folded() -> None:
    (pattern,) = parse_path_rule("[!A]", ALLOW)
    assert path_matches(pattern, parse_path("./a"))


def test_stars_in_a_segment_take_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    (pattern,) = parse_path_rule("*a" * 63 + "*b", ALLOW)
    path = parse_path("./" + "a" * 8_000)
    steps = 0
    takes = globs_matching._takes

    def counted(*args: object, **options: object) -> bool:
        nonlocal steps
        steps += 1
        return takes(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(globs_matching, "_takes", counted)
    assert not path_matches(pattern, path)
    assert steps <= 127 * 8_001


def test_globstars_take_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    (pattern,) = parse_path_rule("./" + "**/*a/" * 20 + "b", ALLOW)
    path = parse_path("./" + "/".join(["a"] * 4_000))
    steps = 0

    def counted(*args: object, **options: object) -> bool:
        nonlocal steps
        steps += 1
        return glob_matches(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(matching, "glob_matches", counted)
    assert not path_matches(pattern, path)
    assert steps <= 41 * 4_001
