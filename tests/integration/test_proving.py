"""`wilkc build --prove`: what is compared, what is caught, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import read_bundle
from wilkc.cli.main import main
from wilkc.cli.proving import DisagreementError, prove
from wilkc.core.contract import Decision, Request, denial

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.compiler import Compiled

SPEC = """
agent: a
permissions:
  filesystem:
    read: ['./src/**']
    metadata: {blocked_paths: ['**/.git/**']}
  shell:
    allowed_commands: ['git log *', 'python3 scripts/x.py']
    allowed_interpreters: [python3]
"""


def _built(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    (folder / "a.yaml").write_text(SPEC)
    target = folder / "bundle.tar.gz"
    with pytest.raises(SystemExit) as left:
        main(["build", str(folder / "a.yaml"), "-o", str(target), *options])
    code = left.value.code
    manifest = dict(read_bundle(target.read_bytes()).manifest) if target.exists() else {}
    return (code if isinstance(code, int) else 0), manifest


@pytest.mark.usefixtures("opa")
@pytest.mark.parametrize("level", ["sample", "full"])
def test_a_clean_build_is_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    code, manifest = _built(tmp_path, "--prove", level)
    assert code == 0
    assert "proved: " in capsys.readouterr().out
    assert manifest["metadata"]["proved"]["level"] == level
    assert manifest["metadata"]["proved"]["count"] > 0


@pytest.mark.usefixtures("opa")
def test_the_revision_does_not_depend_on_the_proof(tmp_path: Path) -> None:
    _, proved = _built(tmp_path)
    _, unproved = _built(tmp_path, "--prove", "none")
    assert proved["metadata"]["proved"]["level"] == "full"
    assert unproved["metadata"]["proved"] == {"count": 0, "level": "none"}
    assert proved["revision"] == unproved["revision"]


def test_without_opa_a_build_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WILK_OPA", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code, manifest = _built(tmp_path)
    assert code == 0
    assert "not proved: there is no OPA" in capsys.readouterr().out
    assert manifest["metadata"]["proved"] == {"count": 0, "level": "none"}


@pytest.mark.parametrize("asked", [(), ("--prove", "sample"), ("--prove", "full")])
def test_asking_an_opa_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WILK_OPA", str(tmp_path / "none"))
    assert _built(tmp_path, *asked) == (7, {})


def _damaged(compiled: Compiled, member: str, old: bytes, new: bytes) -> Compiled:
    text = compiled.files[member]
    assert text.count(old) >= 1
    return replace(compiled, files={**compiled.files, member: text.replace(old, new)})


def test_an_operator_changed_in_the_library_is_caught(judged: Any) -> None:
    compiled = judged.compiled(a=SPEC)
    wrong = _damaged(compiled, "wilk/shell/shell.rego", b"count(_blocking) == 0", b"true")
    wrong = _damaged(
        wrong,
        "wilk/shell/shell.rego",
        b'command_problem(text) == ""',
        b'command_problem(text) != "x"',
    )
    with pytest.raises(DisagreementError, match=r'"type": "shell"'):
        prove(wrong, "full")


def test_a_bucket_dropped_from_the_data_is_caught(judged: Any) -> None:
    compiled = judged.compiled(a=SPEC)
    data = json.loads(compiled.files["wilk/data.json"])
    for profile in data["profiles"].values():
        # What stands under `.` tells OPA that there are buckets: without it nothing is granted.
        profile["file"]["block"]["any"] = {".": profile["file"]["block"]["any"]["."]}
    wrong = replace(compiled, files={**compiled.files, "wilk/data.json": json.dumps(data).encode()})
    with pytest.raises(DisagreementError, match=r"\.git") as caught:
        prove(wrong, "sample")
    assert "blocked" in caught.value.message
    for profile in data["profiles"].values():
        profile["file"]["block"]["any"] = {}
    empty = replace(compiled, files={**compiled.files, "wilk/data.json": json.dumps(data).encode()})
    with pytest.raises(DisagreementError, match="allowed by"):
        prove(empty, "sample")


def test_a_pattern_that_opa_cannot_read_is_caught(judged: Any) -> None:
    compiled = judged.compiled(a=SPEC)
    data = json.loads(compiled.files["wilk/data.json"])
    for profile in data["profiles"].values():
        profile["file"]["block"]["any"]["-"] = "^(?:[)$"
    wrong = replace(compiled, files={**compiled.files, "wilk/data.json": json.dumps(data).encode()})
    with pytest.raises(DisagreementError, match="cannot read the emitted pattern"):
        prove(wrong, "sample")


@pytest.mark.usefixtures("opa")
def test_a_disagreement_writes_no_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def another(*_: object, revision: str) -> Decision:
        return denial("PERMISSION_DENIED", "other", "another meaning", revision=revision)

    monkeypatch.setattr("wilkc.cli.proving.decide", another)
    assert _built(tmp_path, "--prove", "sample") == (1, {})
    said = capsys.readouterr().err
    assert "does not mean what the specs say" in said
    assert "reference" in said


@pytest.mark.parametrize("wrong", [1, None, [], {}])
def test_a_cwd_or_interpreter_that_is_no_text_is_denied_in_both(judged: Any, wrong: object) -> None:
    compiled = judged.compiled(a=SPEC)
    argv = {"argv": ["git", "log"]}
    requests = [
        Request("a", "execute", "shell", "", argv, {"cwd": wrong}),
        Request("a", "execute", "shell", "", {**argv, "interpreter": wrong}),
    ]
    assert judged.differences(compiled, requests) == []
    assert all(answer["decision"] is False for answer in judged.ask(compiled, requests))
