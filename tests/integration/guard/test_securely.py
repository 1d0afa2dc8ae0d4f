"""Code that is run for its value, with real OPA, real bubblewrap and a real log."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.guard.conftest import SMALL, Log, compiled_bundle
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import Guard, SecurityError
from wilkc.runtime.audit import unverified_records

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = b"""\
agent: coder
permissions:
  filesystem:
    read: ['./src/**']
    write: ['./out/**']
    execute: ['/run/wilk/code']
    metadata: {blocked_paths: ['.env*']}
  shell:
    allowed_commands: ['python3 /run/wilk/code', 'perl /run/wilk/code']
    allowed_interpreters: [python3]
    max_execution_time: 20
sandbox:
  isolation: {level: moderate, network: none}
  degraded: [cgroup]
  output_max: 2MB
"""
ANSWER = """\
import json, os
with open("/run/wilk/context") as file:
    given = json.load(file)
with os.fdopen(3, "w") as file:
    json.dump({VALUE}, file)
"""


@pytest.fixture(scope="module")
def sidecar(opa: Path, bwrap: Path) -> Iterator[tuple[Sidecar, Any]]:
    del bwrap
    bundle, key = compiled_bundle(coder=SPEC)
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa)) as made:
        yield made, bundle


@pytest.fixture
def work() -> Iterator[Path]:
    """A workspace that commands can reach."""
    top = Path(tempfile.mkdtemp(prefix="wilk-code-"))
    top.chmod(0o755)
    (top / "src").mkdir()
    (top / "out").mkdir()
    (top / "src" / "a").write_text("text")
    if os.geteuid() == 0:
        for path in (top, *top.rglob("*")):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def coder(sidecar: tuple[Sidecar, Any], work: Path, log: Log) -> Iterator[Guard]:
    served, bundle = sidecar
    guard = Guard(
        served.socket, log.recorder(SMALL), agent="coder", workspace=work,
        bundle=lambda: bundle, seconds=30.0,
    )  # fmt: skip
    yield guard
    guard.close()


def _answer(value: str) -> str:
    return ANSWER.replace("{VALUE}", value)


def _refused(guard: Guard, code: str, context: Any = None, **more: Any) -> SecurityError:
    with pytest.raises(SecurityError) as caught:
        guard.execute_securely(code, {} if context is None else context, **more)
    return caught.value


def test_a_value_comes_back(coder: Guard, log: Log) -> None:
    code = _answer('{"sum": sum(given["numbers"]), "file": open("src/a").read()}')
    value = coder.execute_securely(code, {"numbers": [1, 2, 3]})
    assert value == {"sum": 6, "file": "text"}
    intent, outcome = log.records()[-2:]
    assert (intent["phase"], outcome["result"]["status"]) == ("intent", "success")
    usage = [one for one in _systems(log) if one["action"]["type"] == "system.usage"]
    assert usage
    assert {one["class"] for one in usage} == {"operation"}
    assert usage[-1]["ref"] == intent["id"]
    assert set(usage[-1]["action"]["details"]) >= {"cpu", "memory", "disk", "network"}


def _systems(log: Log) -> list[dict[str, Any]]:
    found = unverified_records(log.places.directory)
    return [one for one in found if one["phase"] == "system"]


def test_code_and_context_cannot_be_changed(coder: Guard) -> None:
    code = "for name in ('code', 'context'):\n  try: open(f'/run/wilk/{name}', 'w')\n"
    code += "  except OSError as error: print(error.errno)\n" + _answer("given")
    assert coder.execute_securely(code, {"a": [None, 1.5, "\u00e4"]}) == {"a": [None, 1.5, "ä"]}


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("raise SystemExit(3)", "exit_code"),
        ("pass", "result_invalid"),
        ("import os; os.write(3, b'{1}')", "result_invalid"),
        ('import os; os.write(3, b\'{"a": 1, "a": 2}\')', "result_invalid"),
        ("import os; os.write(3, b'NaN')", "result_invalid"),
        ("import os; os.fdopen(3, 'wb').write(b'1' * (2**20 + 1))", "result"),
        ("print('x' * 3000000)", "output"),
        ("open('out/.env', 'w').write('x')", "postcheck"),
        ("print('AKIA' + 'ABCDEFGHIJKLMNOP')", "secret_in_output"),
        ("import os; os.write(3, b'\"\\\\u0041KIAABCDEFGHIJKLMNOP\"')", "secret_in_output"),
        ("import sys; sys.stderr.write('ghp_' + 'a' * 36)", "secret_in_output"),
    ],
)
def test_everything_else_is_one_exception(coder: Guard, log: Log, code: str, detail: str) -> None:
    error = _refused(coder, code)
    assert error.detail == detail
    assert error.done
    if detail == "secret_in_output":
        assert (error.done.stdout, error.done.stderr, error.done.result) == (b"", b"", b"")
        assert log.records()[-1]["result"]["error"] == "policy_violation"


def test_a_result_of_the_greatest_length(coder: Guard) -> None:
    code = "import os\nwith os.fdopen(3, 'wb') as f: f.write(b'\"' + b'x' * (2**20 - 2) + b'\"')"
    assert len(coder.execute_securely(code, {})) == 2**20 - 2


def test_a_denied_interpreter_runs_nothing(coder: Guard, work: Path) -> None:
    error = _refused(coder, "open(OUT, '>out/ran')", interpreter="perl")
    assert error.done
    assert error.done.outcome.kind == "denied"
    assert not list((work / "out").iterdir())


@pytest.mark.parametrize(
    ("code", "context", "digest"),
    [
        ("x" * (2**20 + 1), {}, ""),
        ("pass", {"a": object()}, ""),
        ("pass", {"a": float("nan")}, ""),
        ("pass", {}, "sha256:00"),
    ],
)
def test_what_cannot_be_given(coder: Guard, code: str, context: Any, digest: str) -> None:
    error = _refused(coder, code, context, digest=digest)
    assert (error.detail, error.done) == ("input_invalid", None)


def test_a_pinned_interpreter(coder: Guard, work: Path) -> None:
    program = next(
        path for path in ("/usr/local/bin/python3", "/usr/bin/python3") if Path(path).exists()
    )
    digest = hashlib.sha256(Path(program).read_bytes()).hexdigest()
    assert coder.execute_securely(_answer("1"), {}, digest=digest) == 1
    error = _refused(coder, "open('out/ran', 'w')", digest="0" * 64)
    assert error.detail == "sandbox.program_differs"
    assert digest in error.done.outcome.help  # type: ignore[union-attr]
    assert not (work / "out/ran").exists()


def test_several_at_once_and_descriptor_3_in_use(coder: Guard) -> None:
    values: list[int] = []
    held = os.dup(0)
    try:
        threads = [
            threading.Thread(
                target=lambda n=number: values.append(coder.execute_securely(_answer(str(n)), {}))
            )
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        os.close(held)
    assert sorted(values) == [0, 1, 2, 3]
