"""Patches are read for every path; what may be read otherwise is refused."""

from __future__ import annotations

import pytest

from wilkc.adapters.hooks.patch import MAX_FILES, Change, changes
from wilkc.core.errors import RequestError


def _patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def test_every_kind_of_change_is_read() -> None:
    text = _patch(
        "*** Add File: a", "+one", "+", "*** Delete File: b", "*** Update File: c", "@@ def f",
        " kept", "-old", "+new", "", "*** End of File", "*** Update File: d", "*** Move to: e",
        "@@", "+x",
    )  # fmt: skip
    assert changes(text) == [
        Change("write", "a", 5),
        Change("delete", "b"),
        Change("write", "c", 4, "c"),
        Change("delete", "d"),
        Change("write", "e", 2, "d"),
    ]
    assert changes(text + "\n") == changes(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*** Begin Patch\n*** End Patch",
        "*** Begin Patch\n*** Add File: a\n+x",
        "*** Add File: a\n+x\n*** End Patch",
        " " + _patch("*** Add File: a", "+x"),
        _patch("*** Add File: a", "+x") + "\n*** Add File: b\n+y",
        "<<EOF\n" + _patch("*** Add File: a", "+x") + "\nEOF",
        _patch("*** Add File: a", "x"),
        _patch("*** Add File: a", "+x", ""),
        _patch("*** Delete File: a", "+x"),
        _patch("+x"),
        _patch("*** Rename File: a"),
        _patch("*** Update File: a", "@@", "+x", " *** Delete File: b"),
        _patch("*** Update File: a", "@@", "+x", "\t*** Add File: b", "+y"),
        _patch("*** Update File: a", "@@", "+x", "***Add File: b"),
        _patch("*** Update File: a", "@@", "+x", "*** Begin Patch"),
        _patch("*** Update File: a", "@@", "+x", "*** Environment ID: b"),
        _patch("*** Update File: a", "@@", "*** Move to: b"),
        _patch("*** Update File: a", "*** Move to: b", "*** Move to: c", "@@"),
        _patch("*** Move to: b"),
        _patch("*** Add File: ", "+x"),
        _patch("*** Add File: a ", "+x"),
        _patch("*** Add File:  a", "+x"),
        _patch("*** Add File: a\r", "+x"),
        _patch("*** Add File: a\x0bb", "+x"),
        _patch(*["*** Delete File: a"] * (MAX_FILES + 1)),
    ],
)
def test_what_may_be_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        changes(text)
    assert caught.value.detail == "patch_not_understood"


def test_lines_that_only_contain_a_heading_are_no_heading() -> None:
    text = _patch("*** Add File: a", "+*** Delete File: b")
    assert changes(text) == [Change("write", "a", 19)]
