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


def test_where_an_operand_counts_it_is_known_which_options_take_it_up() -> None:
    guarded = {name for name, guards in TABLES.guards.items() if any(g.operand for g in guards)}
    assert guarded >= {"npx", "uvx", "npm", "uv", "chroot"}
    for name in guarded - set(TABLES.wrappers):
        assert all("*" in guard.values for guard in TABLES.guards[name]), name
    for name in guarded & set(TABLES.wrappers):
        assert all(guard.values == TABLES.wrappers[name].valued for guard in TABLES.guards[name])


def test_a_sub_command_is_told_by_two_words_at_most() -> None:
    # The Rego, which cannot recur, follows so many.
    lengths = {len(guard.after) for guards in TABLES.guards.values() for guard in guards}
    assert lengths == {0, 1, 2}
