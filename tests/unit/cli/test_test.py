"""`wilkc test`: what it runs, what it reports, how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from wilkc.cli import testing
from wilkc.cli.proving import DisagreementError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.cli.conftest import Ran
    from wilkc.core.contract import Request

SPEC = """\
agent: dev
permissions:
  filesystem:
    read: ['./src/*', './docs/*']
    metadata: {blocked_paths: ['*.pem']}
tests:
  - allow: file:./src/a read
  - {deny: 'file:./src/k.pem read', name: keys}
"""
MATRIX = "matrix:\n  - {agent: dev, request: 'file:./docs/a read', expect: allow}\n"
HOSTILE = "<\"&'>\x1b]]>\u202e\ufffe"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p.yaml").write_text(SPEC)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "m.yaml").write_text(MATRIX)
    (tmp_path / "tests" / "m.csv").write_text("agent,request,expect\ndev,file:./x read,deny\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_of_tests_that_hold(
    wilkc: Callable[..., Ran], golden: Callable[[str, str], None], folder: Path, opa: Path
) -> None:
    del folder, opa
    ran = wilkc("test", "p.yaml")
    assert ran.code == 0
    golden("test/holds.txt", ran.out)


def test_a_failing_test_is_shown_with_its_line(
    wilkc: Callable[..., Ran], folder: Path, golden: Callable[[str, str], None], opa: Path
) -> None:
    del opa
    (folder / "p.yaml").write_text(SPEC.replace("allow: file:./src/a", "allow: file:./a"))
    ran = wilkc("test", "p.yaml")
    assert ran.code == 3
    golden("test/fails.txt", ran.out)


@pytest.mark.parametrize("file", ["tests/m.yaml", "tests/m.csv"])
def test_rows_of_a_matrix_count(wilkc: Callable[..., Ran], folder: Path, file: str) -> None:
    ran = wilkc("test", "p.yaml", "--matrix", file)
    assert ran.code == 0
    assert "3 tests: 3 hold" in ran.out
    other = {"allow": "deny", "deny": "allow"}
    text = (folder / file).read_text()
    word = next(one for one in other if one in text)
    (folder / file).write_text(text.replace(word, other[word]))
    ran = wilkc("test", "p.yaml", "--matrix", file)
    assert ran.code == 3
    assert f"--> {file}:2:" in ran.out


@pytest.mark.parametrize(
    ("name", "text", "codes"),
    [
        ("m.yaml", "matrix:\n  - {agent: dev, request: x}\n", ["W102"]),
        ("m.yaml", "matrix:\n  - {agent: dev, request: x, expect: maybe, reson: y}\n",
         ["W103", "W108"]),
        ("m.yaml", "permissions: {}\n", ["W102", "W108"]),
        ("m.yaml", "matrix: {a: b}\n", ["W101"]),
        ("m.yaml", "matrix: [\n", ["W001"]),
        ("m.yaml", "", ["W009"]),
        ("m.yaml", "matrix:\n  - {agent: no, request: a b, expect: deny}\n", ["W100"]),
        ("m.csv", "", ["W009"]),
        ("m.csv", "agent,request,expect\ndev,x,maybe\na,b,deny,c\n", ["W103", "W110"]),
        ("m.csv", "agent,agent,request,expect\n", ["W008"]),
        ("m.csv", 'agent,request,expect\ndev,"x"y,deny\n', ["W110"]),
        ("m.csv", "agent,request,expect\ndev,x\0,deny\n", ["W004"]),
    ],
)  # fmt: skip
def test_a_matrix_with_errors_is_refused_with_all_of_them(
    wilkc: Callable[..., Ran], folder: Path, name: str, text: str, codes: list[str]
) -> None:
    (folder / name).write_text(text)
    ran = wilkc("test", "p.yaml", "--matrix", name, "-o", "report.json", "-f", "json")
    assert ran.code == 3
    for code in codes:
        assert f"[{code}]" in ran.err
    assert f"{name}:" in ran.err
    assert not (folder / "report.json").exists()


def test_no_tests_are_a_failure_unless_they_may_be(wilkc: Callable[..., Ran], folder: Path) -> None:
    (folder / "p.yaml").write_text("permissions: {llm: {allowed_models: [m]}}\n")
    ran = wilkc("test", "p.yaml")
    assert ran.code == 3
    assert "there are no tests" in ran.err
    assert wilkc("test", "p.yaml", "--allow-empty").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--min-coverage", "66.6"], 0, ""),
        (["--min-coverage", "67"], 6, "coverage is 66.6 %, below --min-coverage 67"),
        (["--min-mutation", "0"], 0, ""),
        (["--min-mutation", "100"], 6, "below --min-mutation 100"),
        (["--min-mutation", "101"], 2, "101"),
        (["--no-mutation", "--min-mutation", "1"], 2, "--no-mutation"),
        (["--matrix", "absent.yaml"], 2, "there is no file `absent.yaml`"),
        (["-o", "absent/report"], 2, "cannot write"),
    ],
)
def test_thresholds_and_usage(
    wilkc: Callable[..., Ran], folder: Path, arguments: list[str], code: int, said: str
) -> None:
    del folder
    ran = wilkc("test", "p.yaml", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_specs_with_errors_exit_with_three(wilkc: Callable[..., Ran], folder: Path) -> None:
    (folder / "p.yaml").write_text("permissions: {filesystem: {reed: []}}\n")
    ran = wilkc("test", "p.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert "W108" in ran.err


def test_json_has_the_documented_members(wilkc: Callable[..., Ran], folder: Path) -> None:
    del folder
    found = json.loads(wilkc("test", "p.yaml", "-f", "json", "--engine", "reference").out)
    assert list(found) == ["tests", "opa", "coverage", "mutation"]
    assert found["opa"] == "not asked"
    assert [case["holds"] for case in found["tests"]["cases"]] == [True, True]
    assert [one["text"] for one in found["coverage"]["untouched"]] == ["./docs/*"]
    assert {one["then"] for one in found["mutation"]["survivors"]} == {"allow", "deny"}
    bare = json.loads(wilkc("test", "p.yaml", "-f", "json", "--no-mutation").out)
    assert bare["mutation"] is None


def test_junit_is_well_formed_whatever_tests_are_called(
    wilkc: Callable[..., Ran], folder: Path
) -> None:
    rows = [
        {"agent": "dev", "request": f"file:./{HOSTILE}{place} read", "expect": expect,
         "name": HOSTILE if place else None}
        for place, expect in enumerate(("allow", "deny"))
    ]  # fmt: skip
    table = "agent,request,expect,name\n" + "".join(
        ",".join('"' + str(value or "").replace('"', '""') + '"' for value in row.values()) + "\n"
        for row in rows
    )
    (folder / "m.csv").write_text(table.replace("\x1b", "").replace("\u202e", "").replace(
        "\ufffe", ""))  # fmt: skip
    ran = wilkc("test", "p.yaml", "--matrix", "m.csv", "-f", "junit", "-o", "junit.xml")
    assert ran.code == 3
    assert "4 tests: 3 hold, 1 fail" in ran.out
    root = ET.fromstring((folder / "junit.xml").read_bytes())  # noqa: S314 - our own file
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    cases = root.findall("testsuite/testcase")
    assert [case.get("classname") for case in cases] == ["dev"] * 4
    assert sum(case.find("failure") is not None for case in cases) == 1
    assert "<\"&'>]]>" in [case.get("name") for case in cases]


def test_what_xml_cannot_hold_is_made_visible(wilkc: Callable[..., Ran], folder: Path) -> None:
    (folder / "p.yaml").write_text(SPEC + '  - {deny: "file:./a read", name: "\\uFFFEx\\uFFFF"}\n')
    ran = wilkc("test", "p.yaml", "-f", "junit")
    assert ran.code == 0
    root = ET.fromstring(ran.out)  # noqa: S314 - our own output
    assert "·x·" in [case.get("name") for case in root.iter("testcase")]


def test_a_break_in_a_name_is_still_one_in_the_report(
    wilkc: Callable[..., Ran], folder: Path
) -> None:
    (folder / "p.yaml").write_text(SPEC + '  - {deny: "file:./a read", name: "one\\n\\ttwo"}\n')
    ran = wilkc("test", "p.yaml", "-f", "junit")
    root = ET.fromstring(ran.out)  # noqa: S314 - our own output
    assert "one\n\ttwo" in [case.get("name") for case in root.iter("testcase")]


def test_a_name_cannot_act_on_the_terminal(wilkc: Callable[..., Ran], folder: Path) -> None:
    (folder / "p.yaml").write_text(SPEC + '  - {allow: "file:./a read", name: "\\u202Ex"}\n')
    ran = wilkc("test", "p.yaml")
    assert ran.code == 3
    assert "the test `\N{MIDDLE DOT}x` fails" in ran.out
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in ran.out


def test_a_recorded_matrix_holds_and_notices_a_change(
    wilkc: Callable[..., Ran], folder: Path
) -> None:
    for name in ("r.yaml", "r.csv"):
        ran = wilkc("test", "p.yaml", "--record", name)
        assert ran.code == 0
        assert "recorded " in ran.err
        again = (folder / name).read_bytes()
        assert wilkc("test", "p.yaml", "--record", name).code == 0
        assert (folder / name).read_bytes() == again
        full = ("--min-coverage", "100", "--min-mutation", "100")
        assert wilkc("test", "p.yaml", "--matrix", name, *full).code == 0
    (folder / "p.yaml").write_text(SPEC.replace("./docs/*", "./docs/**"))
    ran = wilkc("test", "p.yaml", "--matrix", "r.yaml")
    assert ran.code == 3
    assert "the request is allowed" in ran.out


def test_recording_is_a_start_where_there_are_no_tests(
    wilkc: Callable[..., Ran], folder: Path
) -> None:
    (folder / "p.yaml").write_text("agent: dev\npermissions: {llm: {allowed_models: [m]}}\n")
    assert wilkc("test", "p.yaml", "--record", "r.yaml").code == 0
    assert wilkc("test", "p.yaml", "--matrix", "r.yaml").code == 0


def test_opa_that_answers_otherwise_fails_loudly(
    wilkc: Callable[..., Ran], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del folder

    def disagree(_: object, requests: Sequence[Request]) -> None:
        raise DisagreementError(f"the bundle does not mean what the specs say: {requests[0].id}")

    monkeypatch.setattr(testing, "has_opa", lambda: True)
    monkeypatch.setattr(testing, "check_with_opa", disagree)
    ran = wilkc("test", "p.yaml")
    assert ran.code == 1
    assert "does not mean what the specs say" in ran.err
    assert wilkc("test", "p.yaml", "--engine", "reference").code == 0


def test_opa_answers_spec_tests_of_an_agent_that_has_more_specs(
    wilkc: Callable[..., Ran], folder: Path, opa: Path
) -> None:
    del opa
    (folder / "q.yaml").write_text("agent: ops\npermissions: {filesystem: {read: ['./x']}}\n")
    (folder / "b.yaml").write_text("bindings: {roles: {both: [dev, ops]}}\n")
    (folder / "f.jsonl").write_text('{"agent": "ann", "roles": ["both"]}\n')
    row = "matrix:\n  - {agent: ann, request: 'file:./x read', expect: allow}\n"
    (folder / "tests" / "m.yaml").write_text(row)
    names = ("p.yaml", "q.yaml", "b.yaml", "f.jsonl")
    ran = wilkc("test", *names, "--matrix", "tests/m.yaml")
    assert ran.code == 0
    assert "3 tests: 3 hold, 0 fail   (OPA gives the same answers)" in ran.out


def test_the_examples_hold(wilkc: Callable[..., Ran]) -> None:
    examples = Path(__file__).parents[3] / "policies" / "examples"
    ran = wilkc("test", examples, "--no-mutation")
    assert ran.code == 0
