"""Which files a review reads: those that differ, by their place below two folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.review import reviewing
from wilkc.cli.versions import Version
from wilkc.compiler import plan_what_compiles

if TYPE_CHECKING:
    from collections.abc import Mapping

NARROW = b"permissions: {filesystem: {read: [./src/**]}}\n"
WIDE = b"permissions: {filesystem: {read: [./**]}}\n"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    found: list[set[str]] = []

    def recorded(sources: Mapping[str, bytes]) -> Any:
        found.append({*sources})
        return plan_what_compiles(sources)

    monkeypatch.setattr(reviewing, "plan_what_compiles", recorded)
    monkeypatch.setattr(reviewing, "confirm", lambda *_: None)
    return found


def _version(folder: str, below: bool, **files: bytes) -> Version:
    sources = {f"{folder}{name}.yaml": b"agent: %b\n" % name.encode() + text
               for name, text in files.items()}  # fmt: skip
    return Version(folder, sources, folder if below else "")


@pytest.mark.parametrize("below", [True, False], ids=["folders", "files"])
def test_two_folders_are_compared_by_what_stands_below_them(
    read: list[set[str]], below: bool
) -> None:
    old = _version("old/", below, alpha=NARROW, beta=NARROW, gamma=NARROW)
    new = _version("new/", below, alpha=NARROW, beta=WIDE, gamma=NARROW)
    review = reviewing.review_versions(old, new, command="wilkc diff old new")
    fates = {agent: group.fate for group in review.comparison.groups for agent in group.agents}
    assert fates == {"alpha": "unchanged", "beta": "changed", "gamma": "unchanged"}
    assert review.comparison.compared == 3
    expected = ["beta"] if below else ["alpha", "beta", "gamma"]
    assert read == [{f"{folder}/{name}.yaml" for name in expected} for folder in ("old", "new")]


def test_unchanged_agents_are_shown_by_the_files_of_the_new_version(read: list[set[str]]) -> None:
    old, new = (_version(folder, below=True, alpha=NARROW) for folder in ("old/", "new/"))
    (group,) = reviewing.review_versions(old, new, command="").comparison.groups
    assert (group.agents, group.files) == (("alpha",), ("new/alpha.yaml",))
    assert read == [set(), set()]
