"""What the matching of guarded options takes for granted about their table."""

from __future__ import annotations

import re

from wilkc.language.commands import TABLES, guarded_options


def test_every_long_option_begins_with_a_hyphen() -> None:
    named = [name for guards in TABLES.guards.values() for guard in guards for name in guard.long]
    assert named
    assert all(name.startswith("-") for name in named)


def test_every_shape_is_anchored_and_means_the_same_to_python_and_re2() -> None:
    shapes = [
        shape for guards in TABLES.guards.values() for guard in guards for shape in guard.shapes
    ]
    assert shapes
    for shape in shapes:
        assert shape.startswith("^")
        assert shape.isascii()
        # These read other texts in Python, or are not known to RE2.
        assert not re.search(r"\\|\(\?[^is:]", shape), shape


def test_an_option_counts_each_time_and_a_plain_word_never() -> None:
    assert guarded_options(("node", "--eval", "--eval", "1")) == {"0:long:--eval": 2}
    assert guarded_options(("node", "eval")) == {}


def test_a_placeholder_with_a_blank_asks_gpg_as_well() -> None:
    assert guarded_options(("git", "log", "--format=% GK"))
    assert not guarded_options(("git", "log", "--format=% aN"))
