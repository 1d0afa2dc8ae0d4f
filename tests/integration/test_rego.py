"""The fixed Rego under OPA's own tools: strict check, format, tests, and what is emitted."""

from __future__ import annotations

import json
import random
import subprocess
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "policies" / "lib"
CAPABILITIES = ROOT / "policies" / "capabilities.json"
EXAMPLES = ROOT / "policies" / "examples"
PATTERN_KEYS = frozenset(
    {"any", "match", "inner", "rooted", "bare", "canonical", "hangul", "instant"}
)


def _run(*command: object, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, text=True, check=False
    )


def test_it_passes_the_strict_check_with_few_builtins(opa: Path, tmp_path: Path) -> None:
    for name, data in read_library().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = _run(opa, "check", "--strict", "--capabilities", CAPABILITIES, tmp_path)
    assert done.returncode == 0, done.stderr


def test_it_is_formatted(opa: Path) -> None:
    done = _run(opa, "fmt", "--list", "--fail", LIBRARY)
    assert (done.returncode, done.stdout) == (0, "")


def test_its_own_tests_pass(opa: Path) -> None:
    # A busy machine needs longer than the five seconds that OPA gives a test.
    done = _run(opa, "test", "--timeout", "60s", "--fail-on-empty", "-f", "json", LIBRARY)
    results = json.loads(done.stdout)
    failed = [f"{one['package']}.{one['name']}" for one in results if one.get("fail")]
    assert failed == []
    assert done.returncode == 0
    packages = {one["package"] for one in results}
    rooms = {path.name for path in (LIBRARY / "wilk").iterdir() if path.is_dir()}
    tested = {package.split(".")[-1].removesuffix("_test") for package in packages}
    # These only serve the others and are tested through them; models, in decision_test.rego.
    assert rooms - tested <= {"lists", "llm", "request", "subject", "text"}


@pytest.mark.parametrize(
    "expression",
    [
        'http.send({"method": "get", "url": "http://localhost"})',
        "opa.runtime()",
        "time.now_ns()",
        'glob.match("*", [], "a")',
        'net.lookup_ip_addr("localhost")',
        'rego.parse_module("a", "package a")',
    ],
)
def test_what_reaches_outside_does_not_compile(opa: Path, tmp_path: Path, expression: str) -> None:
    module = tmp_path / "outside.rego"
    module.write_text(f"package wilk.outside\n\nx := {expression}\n")
    done = _run(opa, "check", "--strict", "--capabilities", CAPABILITIES, module)
    assert done.returncode != 0
    assert "undefined function" in done.stdout + done.stderr


def test_every_emitted_expression_compiles_in_opa(opa: Path) -> None:
    sources = {path.name: path.read_bytes() for path in EXAMPLES.glob("*.yaml")}
    data = json.loads(compile_sources(sources, read_library()).files["wilk/data.json"])
    expressions = sorted(set(_expressions(data, "")))
    assert len(expressions) > 50
    query = "[e | some e in input.expressions; not regex.is_valid(e)]"
    done = _run(
        opa, "eval", "-I", "-f", "raw", query, text=json.dumps({"expressions": expressions})
    )
    assert json.loads(done.stdout) == []


def _expressions(value: Any, key: str) -> Iterator[str]:
    """Everything in the data that is used as a regular expression."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _expressions(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item, key)
    elif isinstance(value, str) and (key in PATTERN_KEYS or value.startswith("^")):
        yield value


def test_text_normalisation_is_exact(opa: Path, tmp_path: Path) -> None:
    tables = json.loads((ROOT / "wilkc" / "emit" / "unicode.json").read_text(encoding="ascii"))
    chance = random.Random(20261124)
    pool = [*tables["composes"], *list(tables["class"])[:400], *list(tables["decomposes"])[:300]]
    pool += [first for pairs in tables["composes"].values() for first in pairs][:800]
    pool += [*"aeiouAEIOxnk", *map(chr, (0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x1175, 0x11A7))]
    texts = []
    for _ in range(6000):
        text = "".join(chance.choice(pool) for _ in range(chance.randint(1, 5)))
        forms = (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
        texts.append(chance.choice(forms))
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"wilk": {"tables": {"text": tables}}}))
    query = "{i | some i, t in input.texts; data.wilk.text.normal(t)}"
    done = _run(
        opa, "eval", "-d", LIBRARY / "wilk" / "text" / "text.rego", "-d", data, "-I",
        "--strict-builtin-errors", "-f", "raw", query, text=json.dumps({"texts": texts}),
    )  # fmt: skip
    normal = set(json.loads(done.stdout))
    wrong = [
        ascii(text)
        for index, text in enumerate(texts)
        if (index in normal) != unicodedata.is_normalized("NFC", text)
    ]
    assert wrong == []
