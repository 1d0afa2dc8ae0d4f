"""The tables of lint: what a finding advises really helps, and no row says nothing."""

from __future__ import annotations

import json

import pytest

from wilkc.analyze.lint.tables import run_by_others, secrets, suffixes
from wilkc.compiler import review

KINDS = [kind.what for kind in secrets()]


def _codes(blocked: list[str]) -> list[str]:
    files = {"read": ["./**", "~/**", "/**"], "metadata": {"blocked_paths": blocked}}
    text = json.dumps({"agent": "a", "permissions": {"filesystem": files}})
    found = review({"a.yaml": text.encode()}).findings
    return [one.diagnostic.message for one in found if one.diagnostic.code == "W203"]


def test_blocking_what_is_advised_silences_the_check() -> None:
    assert len(_codes([])) == 3
    assert _codes([kind.block for kind in secrets()]) == []


@pytest.mark.parametrize("place", range(len(KINDS)), ids=KINDS)
def test_each_kind_is_silenced_by_its_own_entry_alone(place: int) -> None:
    others = [kind.block for number, kind in enumerate(secrets()) if number != place]
    left = _codes(others)
    assert left
    assert all(KINDS[place] in message for message in left)


def test_every_kind_says_what_it_is() -> None:
    for kind in (*secrets(), *run_by_others()):
        assert kind.what
        assert kind.patterns
    assert all(kind.block for kind in secrets())


@pytest.mark.parametrize("name", ["com", "co.uk", "github.io", "zip", "pages.dev"])
def test_names_of_everybody(name: str) -> None:
    assert suffixes().is_public(name)


@pytest.mark.parametrize("name", ["example.com", "internal", "wilk.github.io", "local", "a.co.uk"])
def test_names_of_somebody(name: str) -> None:
    assert not suffixes().is_public(name)
