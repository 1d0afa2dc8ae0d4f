"""Which block patterns may cover names that appear during a launch."""

from __future__ import annotations

import pytest

from wilkc.runtime.sandbox.appearing import appearing
from wilkc.runtime.sandbox.names import Roots

ROOTS = Roots("/srv/project", "/home/dev")


@pytest.mark.parametrize(
    ("pattern", "reported"),
    [
        ("./**/.env*/**", True),
        ("./src/**/key", True),
        ("/**/.env*/**", True),
        ("./src/key-?/**", True),
        ("./secret/**", False),
        ("./.env", False),
        ("~/**/.env*/**", False),
        ("./docs/**/key", False),
    ],
)
def test_open_ended_patterns_over_what_is_in_view(pattern: str, reported: bool) -> None:
    assert bool(appearing([pattern], ["/srv/project/src"], ROOTS)) is reported


def test_one_line_names_the_first_and_counts_the_others() -> None:
    (line,) = appearing(["./**/a*", "./**/b*", "./c"], ["/srv/project"], ROOTS)
    assert "`./**/a*`, and by 1 more patterns," in line
    assert appearing(["~/**/a*"], ["/srv/project"], Roots("/srv/project", None)) == []
