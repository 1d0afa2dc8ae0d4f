"""Which patterns are looked at for a path."""

from __future__ import annotations

import pytest

from wilkc.language.atoms import BLOCK
from wilkc.language.paths import PathBuckets, parse_path, parse_path_rule

PATTERNS = ("./src/*.ts", "./src/**", "*.pem", ".env*", "*", "~/.ssh", "/", "/etc/**", "./a?c/x")
OTHERS = tuple(f"./others/{number}" for number in range(40))


def _near(path: str, *, fold: bool = False) -> set[str]:
    """What is near among many patterns, which is what is near where each is by itself."""
    held = [(text, one) for text in (*PATTERNS, *OTHERS) for one in parse_path_rule(text, BLOCK)]
    places = PathBuckets((one for _, one in held), fold=fold).near(parse_path(path))
    assert places == sorted(set(places))
    alone = [PathBuckets([one], fold=fold).near(parse_path(path)) for _, one in held]
    assert places == [place for place, found in enumerate(alone) if found]
    return {held[place][0] for place in places}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("./src/a.ts", {"./src/*.ts", "./src/**", "*"}),
        ("./src", {"./src/**", "*"}),
        ("./lib/a.pem/x", {"*.pem", "*"}),
        ("~/b/.env.local", {".env*", "*"}),
        ("~/.ssh/id_rsa", {"~/.ssh", "*"}),
        ("/", {"/"}),
        ("/etc", {"/etc/**", "/", "*"}),
        (".", set()),
        ("./abc/x", {"./a?c/x", "*"}),
        ("./SRC/a.ts", {"*"}),
    ],
)
def test_patterns_that_take_a_path_are_near_it(path: str, wanted: set[str]) -> None:
    assert wanted <= _near(path)


def test_patterns_that_lack_what_a_path_has_are_far_from_it() -> None:
    assert _near("./lib/a.md") == {"*", "/"}
    assert "./src/**" not in _near("~/src/a.ts")


def test_case_counts_only_where_it_is_not_folded() -> None:
    assert "./src/*.ts" in _near("./\u017fRC/A.TS", fold=True)
    assert "./src/*.ts" not in _near("./SRC/A.TS")
