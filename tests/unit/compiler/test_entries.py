"""Entries as bytes: what is written is read again, and what is none is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.compiler.assembling import piece_of
from wilkc.compiler.entries import read_outline, read_piece, write_outline, write_piece
from wilkc.core.canonical import CanonicalBytes
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.spans import Span
from wilkc.plan import plan_spec, resolve
from wilkc.spec import outline_of, outlined, read_specs

if TYPE_CHECKING:
    from wilkc.compiler import Form
    from wilkc.emit import Piece

SPEC = "agent: a\nextends: [b]\npermissions: {llm: {allowed_models: ['k-{1,2}', 'é\\n'] }}".encode()
WARNINGS = (
    Diagnostic("W183", "warning", "é `\n`", Span("a.yaml", 1, 2, 3, 4), "label", "help"),
    Diagnostic("W182", "warning", "no label", Span("ü/b.yaml", 5, 6, 7, 8)),
)


def _piece(form: Form) -> Piece:
    documents = read_specs({"a.yaml": SPEC.replace(b"extends: [b]\n", b"")}).documents
    family, _ = resolve(documents)
    return piece_of(plan_spec(family, "a")[0], form)


@pytest.mark.parametrize("form", ["indexed", "rules"])
@pytest.mark.parametrize("warnings", [(), WARNINGS])
def test_a_piece_is_read_as_it_was_written(form: Form, warnings: tuple[Diagnostic, ...]) -> None:
    piece = _piece(form)
    read, told = read_piece(write_piece(piece, warnings))
    assert read == piece
    assert told == warnings
    assert isinstance(read.positions, CanonicalBytes)
    assert (not read.profiles) == (form == "rules")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"{}", b"[]\n", b"{}\nabc", b'{"profiles":[],"warnings":[],"parts":[]}\n',
        b'{"profiles":[],"warnings":[],"parts":[["spec",2],["positions",2],["sandbox",2]]}\n{}{}{',
        b'{"profiles":[],"warnings":[],"parts":[["spec",2],["positions",2],["sandbox",2]]}\n{}{}{}x',
        b'{"profiles":["k"],"warnings":[],"parts":[["spec",2],["positions",2],["sandbox",2]]}\n{}{}{}',
        b'{"profiles":[],"warnings":[["W1"]],"parts":[["spec",2],["positions",2],["sandbox",2]]}\n{}{}{}',
        b'{"profiles":[],"warnings":[],"parts":[["spec",2],["positions",2],["sandbox","2"]]}\n{}{}{}',
        b'{"profiles":[],"warnings":[],"parts":{"spec":2}}\n{}', b"\xff\xfe\n",
    ],
)  # fmt: skip
def test_what_is_no_piece_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_piece(data)


def test_an_outline_names_what_the_spec_names_and_grants_nothing() -> None:
    (document,) = read_specs({"a.yaml": SPEC}).documents
    outline = read_outline(write_outline(outline_of(document.model)))  # type: ignore[arg-type]
    stands_for = outlined("a.yaml", outline)
    assert (stands_for.kind, stands_for.file) == (document.kind, "a.yaml")
    assert (stands_for.model.agent, stands_for.model.extends) == ("a", ("b",))  # type: ignore[union-attr]
    assert stands_for.model.permissions.llm is None  # type: ignore[union-attr]
    assert document.model.permissions.llm is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"{", b"\xff"])
def test_what_is_no_outline_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_outline(data)


@pytest.mark.parametrize("key", ["agent", "agents", "extends", "tests"])
def test_an_outline_of_the_wrong_kind_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        outlined("a.yaml", {"extends": [], key: 1})
