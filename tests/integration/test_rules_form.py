"""`--form rules`: readable Rego that OPA's own tools accept, and that fails closed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc
from wilkc.cli.library import read_library
from wilkc.compiler import DATA_FILE, Compiled, check, compile_sources
from wilkc.language.requests import canonical_request, parse_short

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Judged
    from wilkc.core.contract import Request

ROOT = Path(__file__).parents[2]
CAPABILITIES = ROOT / "policies" / "capabilities.json"
EXAMPLES = ROOT / "policies" / "examples"
ODD = [
    'a"b', "a'b", "`x`", "{{ x }}", "%}", "# METADATA", "#}", "a#b", "$(id)", "ü", "\u202e",
    "\u00a0", "x: y", "- x", "\U0001f600", "a" * 200, "'''", '"""', "\\\\n", "}}", "]", "not", "*",
]  # fmt: skip
GRANTED = [
    ("file:./src/a.ts", "read"),
    ("file:./reports/x.md", "write"),
    ("network:https://api.github.com", "connect"),
    ("shell:git status", "execute"),
    ("llm:gpt-4", "request"),
]
MODULES = {"data", "file", "llm", "named", "network", "shell", "text", "tools"}


def _sources() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml"))}


def _odd_sources() -> dict[str, bytes]:
    """Entries, and a file name, that try to leave the text they stand in."""
    models = [text for text in ODD if _is_accepted({"allowed_models": [text]})]
    blocked = [f"no {text}" for text in models]
    assert len(models) > len(ODD) // 2
    spec = _odd_spec({"allowed_models": models, "blocked_models": blocked})
    return {"odd\n# custom: {'x': 1}\n\"`.yaml": spec}


def _bare_sources() -> dict[str, bytes]:
    """Specs that leave out nearly everything, each another part."""
    parts = ("{}", "{filesystem: {}}", "{filesystem: {read: []}}", "{network: {}}",
             "{shell: {}}", "{llm: {}}", "{data: {}}", "{tools: {allowed: []}}",
             "{network: {allowed_hosts: [{host: a.b}], blocked_ports: [22, 80-90]}}",
             "{shell: {allowed_commands: ['a {b,c} *', 'c {d,e}'], blocked_commands: ['x']}}",
             "{filesystem: {metadata: {blocked_paths: [a]}}}")  # fmt: skip
    return {
        f"{place}.yaml": f"agent: a{place}\npermissions: {part}\n".encode()
        for place, part in enumerate(parts)
    }


def _odd_spec(llm: dict[str, list[str]]) -> bytes:
    return json.dumps({"agent": "odd", "permissions": {"llm": llm}}).encode()


def _is_accepted(llm: dict[str, list[str]]) -> bool:
    return not check({"odd.yaml": _odd_spec(llm)})


def _compiled(sources: dict[str, bytes]) -> Compiled:
    return compile_sources(sources, read_library(), form="rules")


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return _compiled(_sources())


def _modules(compiled: Compiled) -> dict[str, bytes]:
    return {name: text for name, text in compiled.files.items() if "/profiles/" in name}


def _written(compiled: Compiled, folder: Path) -> Path:
    for name, data in compiled.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def _run(*command: object, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, text=True, check=False
    )


def _requests(agent: str = "reviewer") -> list[Request]:
    return [canonical_request(parse_short(agent, text, action)) for text, action in GRANTED]


# ---- what is emitted ----


@pytest.mark.parametrize(
    "sources", [_sources, _odd_sources, _bare_sources], ids=["examples", "odd", "bare"]
)
def test_opa_finds_nothing_to_format_or_to_fault(
    opa: Path, tmp_path: Path, sources: Callable[[], dict[str, bytes]]
) -> None:
    compiled = _compiled(sources())
    assert {name.split("/")[-1].removesuffix(".rego") for name in _modules(compiled)} == MODULES
    _written(compiled, tmp_path)
    formatted = _run(opa, "fmt", "--list", "--fail", tmp_path)
    assert (formatted.returncode, formatted.stdout) == (0, ""), formatted.stderr
    checked = _run(opa, "check", "--strict", "--capabilities", CAPABILITIES, tmp_path)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("sources", [_sources, _odd_sources], ids=["examples", "odd"])
def test_each_entry_is_a_rule_that_names_its_place(
    opa: Path, tmp_path: Path, sources: Callable[[], dict[str, bytes]]
) -> None:
    """As OPA reads the METADATA: title, label and place are those of the entry."""
    compiled = _compiled(sources())
    done = _run(opa, "inspect", "-a", "-f", "json", _written(compiled, tmp_path))
    assert done.returncode == 0, done.stderr
    found = set()
    for one in json.loads(done.stdout)["annotations"]:
        held = one["annotations"]
        if "labels" in held:
            place = held["custom"]
            row = (held["labels"]["rule"], held["title"], place["file"], place["line"])
            found.add((*row, place["column"]))
    refs = [ref for spec in compiled.plan.specs.values() for ref in spec.positions.values()]
    assert found <= {(ref.id, ref.text, ref.file, ref.line, ref.column) for ref in refs}
    kinds = {ref.id for ref in refs if ref.id.split(".")[-1].isdigit() and "." in ref.id}
    in_lists = {rule for rule in kinds if ".allow." in rule or ".block." in rule}
    assert in_lists <= {rule for rule, *_ in found}


def test_every_emitted_expression_compiles_in_opa(opa: Path, compiled: Compiled) -> None:
    expressions = [
        piece
        for text in _modules(compiled).values()
        for piece in text.decode().split("`")[1::2]
        if piece.startswith("^")
    ]
    assert len(expressions) > 30
    query = "[e | some e in input.expressions; not regex.is_valid(e)]"
    text = json.dumps({"expressions": expressions})
    assert json.loads(_run(opa, "eval", "-I", "-f", "raw", query, text=text).stdout) == []


def test_the_data_holds_no_profile(compiled: Compiled) -> None:
    data = json.loads(compiled.files[DATA_FILE])
    indexed = json.loads(compile_sources(_sources(), read_library()).files[DATA_FILE])
    assert set(indexed) - set(data) == {"profiles"}
    same = set(data) - {"specs", "revision"}
    assert {name: data[name] for name in same} == {name: indexed[name] for name in same}


def test_the_same_specs_give_the_same_bytes_and_other_rules_another_revision(
    compiled: Compiled,
) -> None:
    again = _compiled(dict(reversed(_sources().items())))
    assert again.files == compiled.files
    assert again.revision == compiled.revision
    assert compile_sources(_sources(), read_library()).revision != compiled.revision
    moved = {name: b"# a line\n" + text for name, text in _sources().items()}
    assert _compiled(moved).revision != compiled.revision


def test_the_rules_of_the_example_read_well(
    compiled: Compiled, golden: Callable[[str, str], None]
) -> None:
    key = json.loads(compiled.files[DATA_FILE])["specs"]["reviewer"]["profile"]
    for name, text in sorted(_modules(compiled).items()):
        if f"/{key}/" in name:
            golden(f"rules/{name.rpartition('/')[2]}", text.decode().replace(key, "pDIGEST"))


# ---- what fails closed ----


@pytest.mark.parametrize("judged", ["rules"], indirect=True)
@pytest.mark.parametrize("lost", sorted(MODULES))
def test_without_a_module_nothing_of_it_is_granted(
    judged: Judged, compiled: Compiled, lost: str
) -> None:
    whole = judged.ask(compiled, _requests())
    assert all(answer["decision"] for answer in whole)
    files = {
        name: text
        for name, text in compiled.files.items()
        if not ("/profiles/" in name and name.endswith(f"/{lost}.rego"))
    }
    answers = judged.ask(replace(compiled, files=files, revision=f"without {lost}"), _requests())
    for request, answer in zip(_requests(), answers, strict=True):
        concerned = lost in {request.type, "text"}
        assert answer["decision"] is not concerned


@pytest.mark.parametrize("judged", ["rules"], indirect=True)
@pytest.mark.parametrize("member", ["agents", "specs", "positions", "tables", "messages"])
def test_without_a_member_of_the_data_nothing_is_granted(
    judged: Judged, compiled: Compiled, member: str
) -> None:
    data = json.loads(compiled.files[DATA_FILE])
    del data[member]
    files = {**compiled.files, DATA_FILE: json.dumps(data).encode()}
    # No table says what a host is.
    asked = [one for one in _requests() if (one.type, member) != ("network", "tables")]
    answers = judged.ask(replace(compiled, files=files, revision=f"no {member}"), asked)
    assert not any(answer["decision"] for answer in answers)


def test_an_expression_that_cannot_be_read_is_an_error_and_no_answer(
    opa: Path, compiled: Compiled, tmp_path: Path
) -> None:
    """A block that is not matched blocks nothing; Wilk asks with strict errors everywhere."""
    asked = ("eval", "-d", tmp_path, "-I", "--strict-builtin-errors", "data.wilk.decision")
    text = json.dumps(_requests()[0].as_input())
    _written(compiled, tmp_path)
    assert _run(opa, *asked, text=text).returncode == 0
    broken = {
        name: data.replace(rb"`^(?:\x{2e}(?:/[^/]+)*/\x{2e}env", rb"`^(?:(?=x)\x{2e}env")
        for name, data in compiled.files.items()
    }
    assert broken != compiled.files
    _written(replace(compiled, files=broken), tmp_path)
    done = _run(opa, *asked, text=text)
    assert done.returncode != 0
    assert "error parsing regexp" in done.stdout + done.stderr


# ---- the command line ----


@pytest.mark.usefixtures("opa")
def test_a_bundle_of_rules_is_built_and_asked(tmp_path: Path) -> None:
    bundle = tmp_path / "rules.tar.gz"
    built = _wilkc("build", EXAMPLES, "-o", bundle, "--form", "rules")
    assert built.returncode == 0, built.stderr
    first = bundle.read_bytes()
    assert _wilkc("build", EXAMPLES, "-o", bundle, "--form", "rules").returncode == 0
    assert bundle.read_bytes() == first
    for path, granted in (("./src/a.ts", True), ("./.env", False)):
        asked = ("decide", "reviewer", f"file:{path}", "read", "--bundle", bundle, "--unverified")
        done = _wilkc(*asked, "-f", "json")
        assert json.loads(done.stdout)["decision"] is granted, done.stderr


def test_another_form_is_refused(tmp_path: Path) -> None:
    done = _wilkc("build", EXAMPLES, "-o", tmp_path / "x", "--form", "prose")
    assert done.returncode != 0
    assert "'indexed', 'rules'" in done.stderr
    assert not (tmp_path / "x").exists()


def _wilkc(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run_wilkc(*arguments)
