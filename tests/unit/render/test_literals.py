"""Nothing that a spec says can leave the literal it stands in."""

from __future__ import annotations

import json
import random
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.render import identifier, metadata, reference, rego

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261124
HOSTILE = [
    "", "a", '"', "\\", '\\"', "`", "\\`", "`}`", '"}', '" }\nallow := true #', "\n", "\r", "\r\n",
    "\t", "\0", "\x1b", "\x7f", "\x85", "\xa0", "\xad", "\u2028", "\u2029", "\u202e", "\u200b",
    "\ufeff", "\ufffd", "\ufffe", "\uffff", "\U0001f600", "\U0010ffff", "e\u0301", "é",
    "{{ x }}", "{% x %}", "%}", "{# x #}", "#", "# METADATA", "*/", "-->", "${x}", '$"{x}"', "%s",
    "\\x{2e}", "\\u0041", "\\n", "a\\", "\\x{2e}`", "a: b", "- a", "'", "|", ">", "&a", "!x",
    "null", "true", "a" * 10_000,
]  # fmt: skip


def _evaluated(opa: Path, folder: Path, literals: list[str]) -> list[Any]:
    """The literals as OPA reads them in a module."""
    rows = "".join(f"\t{literal},\n" for literal in literals)
    module = folder / "literals.rego"
    module.write_text(f"package literals\n\nheld := [\n{rows}]\n", encoding="utf-8", newline="")
    done = subprocess.run(
        [opa, "eval", "-f", "raw", "-d", module, "data.literals.held"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[:1000] + done.stderr[:1000]
    held: list[Any] = json.loads(done.stdout)
    return held


def _random_value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 5)
    match kind:
        case 0 | 1 | 2:
            return _random_text(rng)
        case 3:
            return rng.choice([0, -1, 7, 2**53 - 1, 1 - 2**53, rng.randrange(10**6)])
        case 4:
            return rng.choice([True, False, None])
        case 5 | 6:
            return [_random_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {_random_text(rng): _random_value(rng, depth - 1) for _ in range(rng.randrange(4))}


def _random_text(rng: random.Random) -> str:
    stray = chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]))
    return "".join([*rng.choices(HOSTILE[:-1], k=rng.randrange(4)), stray])


@pytest.mark.parametrize("write", [rego, metadata])
def test_opa_reads_back_what_was_written(opa: Path, tmp_path: Path, write: Any) -> None:
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    values = [*HOSTILE, *(_random_value(rng, 3) for _ in range(5_000))]
    literals = [write(value) for value in values]
    assert _evaluated(opa, tmp_path, literals) == values


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_literal_is_one_printable_line(text: str) -> None:
    for written in (rego(text), metadata(text), rego([text]), rego({text: text}), rego({text})):
        assert len(written.splitlines()) == 1
        assert "\n" not in written
        # JSON escapes beyond the first plane are pairs of surrogates, which YAML refuses.
        first_plane = [char for char in written if char <= "\uffff" and char != "\xa0"]
        assert all(char.isprintable() for char in first_plane)


def test_raw_strings_hold_no_backquote() -> None:
    assert rego("^a\\x{2e}b$") == "`^a\\x{2e}b$`"
    assert rego("\\`") == '"\\\\`"'
    assert metadata("^a\\x{2e}b$") == '"^a\\\\x{2e}b$"'


def test_sets_and_members_come_sorted() -> None:
    assert rego({"b": 1, "a": [True, None]}) == '{"a": [true, null], "b": 1}'
    assert rego(frozenset({"b", "a"})) == '{"a", "b"}'
    assert rego(set()) == "set()"
    assert rego({}) == "{}"


@pytest.mark.parametrize(
    "value",
    ["\ud800", "a\udfff", ["\ud800"], {"\ud800": 1}, 1.5, 2**53, -(2**53), {1: 2}, b"a", object()],
    ids=lambda value: "object" if type(value) is object else repr(value),
)
def test_what_has_no_literal_is_refused(value: Any) -> None:
    for write in (rego, metadata):
        with pytest.raises(ValueError, match=r"surrogate|kind|not text"):
            write(value)


@pytest.mark.parametrize("text", ["", "a b", "a\n", "é", '"', '"]', "\0", "`", "a\\"])
def test_a_reference_takes_names_alone(text: str) -> None:
    assert not identifier(text)
    for steps in ((text,), ("allow", text)):
        with pytest.raises(ValueError, match=re.escape("cannot stand in a reference")):
            reference(steps)


@pytest.mark.parametrize("text", ["1a", "a-b", "with", "input", "a.b"])
def test_what_is_no_identifier_is_quoted_and_never_first(text: str) -> None:
    assert not identifier(text)
    assert reference(("allow", text, "n")) == f'allow["{text}"].n'
    with pytest.raises(ValueError, match=re.escape("cannot stand in a reference")):
        reference((text, "n"))


def test_a_reference_is_its_names_and_dots() -> None:
    assert reference(("allow", "read", "n")) == "allow.read.n"
