"""Grants as files: written, found, taken back, and dropped at their end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wilkc.cli.grants.overlay import differing, grant_text, grants_in, with_revoked, without_ended
from wilkc.core.errors import UsageError
from wilkc.spec import Grant

SPEC = b"agent: a\npermissions: {}\n"


def made(name: str = "one", reason: str = "incident 4711", until: str = "12:00:00") -> Grant:
    return Grant(
        id=name,
        agent="a",
        allow="file:./fix/** write",
        reason=reason,
        by="alice",
        since="2026-11-28T11:30:00Z",
        until=f"2026-11-28T{until}Z",
    )


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 28, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "reason",
    [
        "plain",
        "it's 'quoted'",
        "''",
        "a: b # c",
        "- x",
        "&a *b !c {d} [e] %f @g `h",
        '"',
        "\\n",
        "no",
        "1e3",
        "~",
        "päpstlich 👍",
        "{{ x }}",
        "x" * 500,
    ],
)
def test_what_is_written_is_read_again(reason: str) -> None:
    wanted = made(reason=reason)
    held = grants_in({"grants/one.yaml": grant_text(wanted), "a.yaml": SPEC})
    assert [(one.grant, one.file, one.line, one.alone) for one in held] == [
        (wanted, "grants/one.yaml", 4, True)
    ]


def test_states_and_ends() -> None:
    one, two = made(), made("two", until="11:40:00")
    revoked = one.model_copy(update={"id": "three", "revoked": "2026-11-28T11:31:00Z"})
    sources = {f"{held.id}.yaml": grant_text(held) for held in (one, two, revoked)} | {"a": SPEC}
    states = {held.grant.id: held.state(at(11, 40)) for held in grants_in(sources)}
    assert states == {"one": "active", "two": "ended", "three": "revoked"}
    kept, over = without_ended(sources, at(11, 40))
    assert [held.grant.id for held in over] == ["two"]
    assert set(kept) == {"one.yaml", "three.yaml", "a"}
    # What was revoked is kept to its end, so that an old copy does not bring it back unseen.
    kept, _ = without_ended(sources, at(12))
    assert set(kept) == {"a"}


def test_taking_back_changes_one_file() -> None:
    sources = {"one.yaml": grant_text(made()), "two.yaml": grant_text(made("two")), "a": SPEC}
    wanted = [held for held in grants_in(sources) if held.grant.id == "two"]
    changed = with_revoked(sources, wanted, at(11, 45))
    assert [name for name in sources if sources[name] != changed[name]] == ["two.yaml"]
    assert {held.grant.id: held.grant.revoked for held in grants_in(changed)} == {
        "one": None,
        "two": "2026-11-28T11:45:00Z",
    }


def test_a_file_with_more_in_it_is_left_to_people() -> None:
    sources = {"both.yaml": SPEC + b"---\n" + grant_text(made())}
    held = grants_in(sources)
    with pytest.raises(UsageError, match="stands with other documents in `both"):
        with_revoked(sources, held, at(11, 45))
    assert without_ended(sources, at(13)) == (sources, ())


def test_what_differs_from_the_sources() -> None:
    sources = {"a": b"1", "b": b"2"}
    assert list(differing(sources, {"a": b"1"})) == []
    assert list(differing(sources, {"c": b"2", "b": b"3"})) == ["b", "c"]
