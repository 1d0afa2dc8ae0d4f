"""Second names of files in hidden and frozen directories: refused by strict, else reported."""

from __future__ import annotations

import os
from typing import Any

import pytest

from wilkc.runtime.sandbox import linked, walk
from wilkc.runtime.sandbox.cutouts import Cutouts
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.reserved import Reserved
from wilkc.runtime.sandbox.view import Bind, Mask
from wilkc.runtime.sandbox.walk import Survey

READ: dict[str, Any] = {"read": ("./src/**",), "block": ("**/blocked/**",)}
READ_BLOCKED: dict[str, Any] = {"read": ("./**",), "block": ("**/blocked/**",)}


@pytest.fixture
def filled(work: Any) -> Any:
    work.write("src/a", "hello")
    work.write("src/blocked/key", "SECRET-CANARY")
    return work


def _said(ended: Any) -> list[str]:
    assert ended.kind == "exited", ended.message
    return [one for one in ended.launch["reports"]["first"] if "second name" in one]


def _refused(work: Any, rules: Any) -> bool:
    ended = work.sh(rules.changed(level="strict"), "true")
    return (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.second_name")


def test_of_a_file_in_a_hidden_directory(filled: Any, spec: Any) -> None:
    (filled.path / "src/key").hardlink_to(filled.path / "src/blocked/key")
    said = _said(filled.sh(spec(**READ), "true"))
    assert said == [
        f"`{filled.path}/src/blocked/key` is protected and may be reached by a second name"
    ]
    assert _refused(filled, spec(**READ))


def test_a_name_that_is_not_in_view_is_none(filled: Any, spec: Any) -> None:
    (filled.path / "key").hardlink_to(filled.path / "src/blocked/key")
    assert _said(filled.sh(spec(**READ), "true")) == []
    assert not _refused(filled, spec(**READ))


def test_names_beside_each_other_are_none(filled: Any, spec: Any) -> None:
    (filled.path / "src/b").hardlink_to(filled.path / "src/a")
    (filled.path / "src/blocked/other").hardlink_to(filled.path / "src/blocked/key")
    assert _said(filled.sh(spec(**READ), "true")) == []
    assert not _refused(filled, spec(**READ))


def test_of_a_file_that_is_bound_alone(filled: Any, spec: Any) -> None:
    (filled.path / "src/key.txt").hardlink_to(filled.path / "src/blocked/key")
    rules = spec(each=("./src/*.txt",), read=("./src/blocked/**",), block=("**/none/**",))
    assert _said(filled.sh(rules, "true")) == []  # nothing is hidden
    beside = spec(each=("./src/*.txt",), read=("./other/**",), block=("./other/blocked/**",))
    filled.write("other/blocked/key")
    (filled.path / "other/blocked/key").unlink()
    (filled.path / "other/blocked/key").hardlink_to(filled.path / "src/blocked/key")
    assert len(_said(filled.sh(beside, "true"))) == 1


def test_of_a_hook_where_the_second_name_may_be_written(filled: Any, spec: Any) -> None:
    filled.write("out/.git/hooks/pre-commit", "true")
    (filled.path / "out/hook").hardlink_to(filled.path / "out/.git/hooks/pre-commit")
    said = _said(filled.sh(spec(write=("./out/**",)), "true"))
    hook = filled.path / "out/.git/hooks/pre-commit"
    assert said == [f"`{hook}` is protected and may be reached by a second name"]
    assert _refused(filled, spec(write=("./out/**",)))
    # The twins: where it may only be read, and where both names are frozen.
    (filled.path / "out/hook").rename(filled.path / "src/hook")
    assert _said(filled.sh(spec(read=("./src/**",), write=("./out/**",)), "true")) == []
    (filled.path / "src/hook").rename(filled.path / "out/.git/hooks/post-commit")
    assert _said(filled.sh(spec(write=("./out/**",)), "true")) == []


def test_of_settings_where_the_second_name_is_bound_alone(filled: Any, spec: Any) -> None:
    filled.write(".claude/settings.json", "{}")
    filled.write("a.json", "{}")
    (filled.path / "b.json").hardlink_to(filled.path / ".claude/settings.json")
    (filled.path / "c.json").hardlink_to(filled.path / "a.json")
    said = _said(filled.sh(spec(write_each=("./*.json", "./.claude/*.json")), "true"))
    assert len(said) == 1
    assert ".claude/settings.json" in said[0]
    assert _refused(filled, spec(write_each=("./**/*.json",)))
    (filled.path / "b.json").unlink()
    assert not _refused(filled, spec(write_each=("./**/*.json",)))


def test_of_settings_that_are_only_read_where_the_second_name_may_be_written(
    filled: Any, spec: Any
) -> None:
    filled.write(".claude/settings.json", "{}")
    filled.write("out/plain.json", "{}")
    (filled.path / "out/settings.json").hardlink_to(filled.path / ".claude/settings.json")
    rules = spec(read=("./.claude/**",), write=("./out/**",))
    settings = filled.path / ".claude/settings.json"
    said = [f"`{settings}` is protected and may be reached by a second name"]
    assert _said(filled.sh(rules, "true")) == said
    assert _refused(filled, rules)
    # The twin: the second name is of a file that nobody protects.
    (filled.path / "out/settings.json").unlink()
    (filled.path / "out/other.json").hardlink_to(filled.path / "out/plain.json")
    assert _said(filled.sh(rules, "true")) == []
    assert not _refused(filled, rules)


def test_a_large_hidden_directory_is_looked_through_all_the_same(filled: Any, spec: Any) -> None:
    for number in range(20):
        filled.write(f"src/blocked/{number}", "x")
    (filled.path / "src/key").hardlink_to(filled.path / "src/blocked/key")
    assert len(_said(filled.sh(spec(**READ), "true"))) == 1
    (filled.path / "src/key").unlink()
    assert _said(filled.sh(spec(**READ), "true")) == []


def test_what_takes_too_long_to_be_looked_through_has_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hidden").mkdir()
    for number in range(20):
        (tmp_path / "hidden" / str(number)).touch()
    (tmp_path / "a").touch()
    os.link(tmp_path / "a", tmp_path.parent / f"{tmp_path.name}-b")
    top, hidden = str(tmp_path), f"{tmp_path}/hidden"
    cut = Cutouts(hidden={hidden: Mask(hidden, "hide_directory")})
    binds = (Bind(top, "read", None, 0, 0, "r", 1),)
    given = (Survey(plain=[(f"{top}/a", 0)]), cut, binds, (top,), Reserved(Roots(top, None)))
    assert list(linked.second_names(*given)) == []
    monkeypatch.setattr(walk, "MAX_ENTRIES", 10)
    assert list(linked.second_names(*given)) == [hidden]
