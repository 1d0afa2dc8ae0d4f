"""What the matching of guarded options takes for granted about their table."""

from __future__ import annotations

from wilkc.language.commands import TABLES, guarded_options


def test_every_long_option_begins_with_a_hyphen() -> None:
    named = [name for guards in TABLES.guards.values() for guard in guards for name in guard.long]
    assert named
    assert all(name.startswith("-") for name in named)


def test_an_option_counts_each_time_and_a_plain_word_never() -> None:
    assert guarded_options(("node", "--eval", "--eval", "1")) == {"0:long:--eval": 2}
    assert guarded_options(("node", "eval")) == {}
