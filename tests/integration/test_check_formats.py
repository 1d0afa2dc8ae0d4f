"""What `wilkc check` writes for other programs is what those programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.dom import minidom

import jsonschema  # type: ignore[import-untyped]  # it brings no types
import pytest

from tests.commands import run_wilkc
from wilkc.cli.formats import FORMATS, Report, rendered
from wilkc.cli.formats.github import MAX_ROWS, job_summary
from wilkc.core.codes import CODES
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.spans import Span

if TYPE_CHECKING:
    import subprocess

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "policies" / "examples"
BAD = TESTS / "decisions" / "bad_specs"
FIRES = TESTS / "unit" / "analyze" / "lint" / "fires"
SCHEMA = json.loads((TESTS / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text("utf-8"))
HOSTILE = (
    "a\nb", "a\r\nb", "100%", "%0A", "x:y,z", "::error::x", "]]>", "<b>&'\"", "\0\1\x1b[31m",
    "\udcff", "\ufffe\uffff", "{0} {x} [a](1)", "|`*_#", "\u202e\u2028", "\U0001f600" * 50,
)  # fmt: skip


def _report(*diagnostics: Diagnostic, strict: bool = False) -> Report:
    files = {found.span.file: b"text" for found in diagnostics}
    return Report(diagnostics, {**files, "clean.yaml": b"x"}, strict=strict)


def _hostile() -> Report:
    return _report(
        *(
            found
            for text in HOSTILE
            for span in (Span(f"dir {text}/a.yaml", 3, 2, 3, 9),)
            for found in (
                Diagnostic("W031", "error", text, span, text, text),
                Diagnostic("W203", "warning", text, span, text, text),
            )
        )
    )


def _validate(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(SCHEMA, format_checker=checker).validate(log)
    return log


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = _validate(rendered("sarif", _hostile()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        _validate(json.dumps(log))


@pytest.mark.parametrize("path", [EXAMPLES, BAD, FIRES, BAD / "not_yaml.yaml"], ids=str)
def test_sarif_is_valid(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.sarif"
    ran = _wilkc("check", "-f", "sarif", "-o", target, path)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert ran.returncode == (3 if path.is_relative_to(BAD) else 0) or path == FIRES
    log = _validate(target.read_text("utf-8"))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert bool(run["results"]) == (path != EXAMPLES)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["ruleId"] in CODES


def test_sarif_places_are_those_of_the_text() -> None:
    found = Diagnostic("W203", "warning", "m", Span("policies/a b.yaml", 3, 5, 3, 9))
    log = _validate(rendered("sarif", _report(found)))
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "policies/a%20b.yaml"}
    assert list(place["region"].values()) == [3, 5, 3, 9]
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
    absolute = rendered("sarif", _report(Diagnostic("W203", "error", "m", Span("/a", 1, 1, 1, 1))))
    assert '"uri": "file:///a"' in absolute


def test_sarif_fingerprints_survive_edits_above() -> None:
    def prints(line: int) -> list[str]:
        found = [
            Diagnostic("W203", "warning", f"m{number}", Span("a.yaml", line + number, 1, 9, 1))
            for number in range(2)
        ]
        report = Report(tuple(found), {}, about=dict.fromkeys(found, "filesystem.read ./**"))
        results = json.loads(rendered("sarif", report))["runs"][0]["results"]
        return [result["partialFingerprints"]["wilk/v1"] for result in results]

    assert prints(1) == prints(70)
    assert len(set(prints(1))) == 2


def test_sarif_of_hostile_texts_is_valid() -> None:
    log = _validate(rendered("sarif", _hostile()))
    texts = [result["message"]["text"] for result in log["runs"][0]["results"]]
    assert "{{0}} {x} [a\\](1)" in texts[2 * HOSTILE.index("{0} {x} [a](1)")]


def test_github_annotations_are_one_line_each() -> None:
    report = _hostile()
    *annotations, counts = rendered("github", report).split("\n")
    assert len(annotations) == len(report.diagnostics)
    assert counts == "15 errors, 15 warnings in 16 files"
    form = re.compile(r"::(error|warning) ((?:[a-zA-Z]+=[^:,\r\n]*,?)+)::([^\r\n]*)")
    for annotation, found in zip(annotations, report.diagnostics, strict=True):
        read = form.fullmatch(annotation)
        assert read, annotation
        properties = dict(part.split("=", 1) for part in read[2].split(","))
        shown = "".join(char if char.isprintable() or char in "\r\n" else "·" for char in
                        found.span.file)  # fmt: skip
        assert _unescaped(properties["file"]) == shown
        assert properties["title"] == f"wilkc {found.code}"
        assert [properties[key] for key in ("line", "col", "endColumn")] == ["3", "2", "8"]
        assert _unescaped(read[3]).count("help: ") == 1


def _unescaped(text: str) -> str:
    for char, written in ((":", "%3A"), (",", "%2C"), ("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
        text = text.replace(written, char)
    return text


def test_a_place_of_several_lines_has_no_columns() -> None:
    found = Diagnostic("W203", "warning", "m", Span("a.yaml", 3, 5, 4, 1))
    line = rendered("github", _report(found)).split("\n")[0]
    assert line == "::warning file=a.yaml,line=3,endLine=4,title=wilkc W203::m"


def test_the_job_summary_shows_each_problem_in_a_row_and_no_markup() -> None:
    page = job_summary(_hostile())
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 2 * len(HOSTILE)
    for row in rows:
        assert row.count("|") == 5
        assert not set("<>*_`[]") & set(row)


def test_the_job_summary_has_a_limit() -> None:
    found = [
        Diagnostic("W203", "warning", "m", Span("a.yaml", line, 1, line, 2))
        for line in range(1, MAX_ROWS + 8)
    ]
    page = job_summary(_report(*found))
    assert "… and 7 more" in page
    assert page.count("\n| warning") == MAX_ROWS


def test_the_job_summary_is_appended(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    ran = _wilkc("check", "-f", "github", FIRES / "W203_home.yaml", GITHUB_STEP_SUMMARY=str(page))
    assert ran.stdout.startswith("::warning file=")
    assert page.read_text().startswith("before\n### wilkc check\n")
    assert "W203" in page.read_text()
    _wilkc("check", "-f", "text", FIRES, GITHUB_STEP_SUMMARY=str(page))
    assert page.read_text().count("### ") == 1


def test_a_job_summary_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    ran = _wilkc("check", "-f", "github", EXAMPLES, GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "x"))
    assert ran.returncode == 2
    assert "cannot write the job summary" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("strict", [False, True])
def test_junit_is_well_formed_with_hostile_texts(strict: bool) -> None:
    report = Report(_hostile().diagnostics, _hostile().sources, strict=strict)
    text = rendered("junit", report).encode("utf-8", "replace")
    root = _parsed(text)
    cases = root.getElementsByTagName("testcase")
    failures = root.getElementsByTagName("failure")
    assert len(cases) == 2 * len(HOSTILE) + 1
    assert len(failures) == (2 if strict else 1) * len(HOSTILE)
    assert root.getAttribute("tests") == str(len(cases))
    assert root.getAttribute("failures") == str(len(failures))
    names = [case.getAttribute("name") for case in cases]
    assert any("a\nb" in name for name in names)
    assert any("<b>&'\"" in name for name in names)


def test_junit_of_clean_files_has_one_passed_case_each(tmp_path: Path) -> None:
    target = tmp_path / "report.xml"
    assert _wilkc("check", "-f", "junit", "-o", target, EXAMPLES).returncode == 0
    root = _parsed(target.read_bytes())
    assert len(root.getElementsByTagName("testcase")) == 4
    assert root.getAttribute("failures") == "0"


@pytest.mark.parametrize("form", FORMATS)
def test_an_output_file_is_replaced_as_a_whole(form: str, tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("as before")
    ran = _wilkc("check", "-f", form, "-o", target, BAD / "unknown_key.yaml")
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "", "")
    assert "W108" in target.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    printed = _wilkc("check", "-f", form, "-o", "-", BAD / "unknown_key.yaml")
    assert printed.stdout == target.read_text()


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    ran = _wilkc("check", "-f", "sarif", "-o", tmp_path / "no" / "x", EXAMPLES)
    assert ran.returncode == 2
    assert "cannot write" in ran.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_name_that_is_no_text_is_shown_all_the_same(form: str, tmp_path: Path) -> None:
    name = tmp_path / "a\udcff\n::error::.yaml"
    name.write_bytes(b"agent: a\npermissions: {filesystem: {raed: []}}\n")
    ran = _wilkc("check", "-f", form, tmp_path)
    assert ran.returncode == 3
    assert "W108" in ran.stdout
    assert ran.stderr == ""
    assert not re.search(r"^::error::", ran.stdout, re.MULTILINE)


def _parsed(text: bytes) -> minidom.Element:
    root = minidom.parseString(text).documentElement  # noqa: S318 - our own output
    assert root is not None
    return root


def _wilkc(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_wilkc(*arguments, env={"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", **variables})
