"""`wilkc run` with what a level may open, from the policy's text to the record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.sandbox.state import state_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.run.conftest import Site

WIDER = """\
agent: whole
permissions: &all
  filesystem:
    read: ['./src/**']
    execute: ['./src/**']
    write: ['./out/**']
    metadata: {blocked_paths: ['./src/.env']}
  shell: {allowed_commands: ['cat *', 'touch *', 'python3 *'], allowed_interpreters: [python3]}
sandbox: {isolation: {level: minimal, filesystem: full}, degraded: [cgroup]}
---
agent: keeper
permissions: *all
sandbox: {isolation: {level: moderate, context: shared}, degraded: [cgroup]}
---
agent: bare
permissions: *all
sandbox: {isolation: {level: minimal, filesystem: full, type: process, network: none}}
"""


@pytest.fixture
def wider(site: Site) -> Iterator[Site]:
    text = WIDER.replace("&all", "").replace("*all", "")
    body = WIDER.partition("&all\n")[2].partition("sandbox:")[0]
    text = text.replace("permissions: \nsandbox", f"permissions:\n{body}sandbox")
    (site.top / "policies" / "wider.yaml").write_text(text)
    top = Path(f"{state_directory()}-kept")
    before = set(top.glob("*"))
    yield site
    for one in set(top.glob("*")) - before:
        shutil.rmtree(one)


def test_the_whole_host_is_seen_and_only_rules_let_write(wider: Site) -> None:
    code = "print(open('/etc/hostname').read(), end='')"
    (wider.work / "src" / "read.py").write_text(code)
    ended = wider.run(*wider.policies(), "whole", "--", "python3", "src/read.py")
    assert (ended.returncode, ended.stdout) == (0, Path("/etc/hostname").read_text()), ended.stderr
    assert "all files of the host in view" in ended.stderr
    ended = wider.run(*wider.policies(), "whole", "--", "cat", "src/.env")
    assert (ended.returncode, ended.stdout) == (1, "")
    (wider.work / "src" / "write.py").write_text("open('/var/tmp/made-by-whole', 'w')")
    assert wider.run(*wider.policies(), "whole", "--", "python3", "src/write.py").returncode == 1
    assert not Path("/var", "tmp", "made-by-whole").exists()


def test_a_session_finds_what_it_left_and_no_other_does(wider: Site) -> None:
    (wider.work / "src" / "keep.py").write_text(
        "import os\nprint(os.path.exists('/tmp/kept'))\nopen('/tmp/kept', 'w')\n"
    )
    seen = []
    for session in (("--session", "one"), ("--session", "one"), ("--session", "two"), ()):
        words = ("keeper", "--", "python3", "src/keep.py")
        ended = wider.run(*wider.policies(), *session, *words)
        assert ended.returncode == 0, ended.stderr
        seen.append(ended.stdout.strip())
    assert seen == ["False", "True", "False", "False"]
    intents = [one for one in wider.events() if one["phase"] == "intent"][-4:]
    assert [one["context"]["session_id"] for one in intents] == ["one", "one", "two", None]


@pytest.mark.parametrize("session", ["", "x" * 129, "a\nb"])
def test_an_odd_session_is_a_usage_error(wider: Site, session: str) -> None:
    ended = wider.run(*wider.policies(), "--session", session, "keeper", "--", "cat", "src/a.txt")
    assert ended.returncode == 120
    assert "--session" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_namespaces_the_user_and_the_filter_are_all(wider: Site, tmp_path: Path) -> None:
    (wider.work / "src" / "who.py").write_text(
        "import os, socket\nprint(os.getuid())\n"
        "try:\n    socket.socket()\nexcept PermissionError:\n    print('no sockets')\n"
    )
    told = tmp_path / "outcome.json"
    ended = wider.run(
        *wider.policies(), "--outcome", str(told), "bare", "--", "python3", "src/who.py"
    )
    outcome = json.loads(told.read_text())
    if outcome["detail"] == "sandbox.limit_not_enforceable":
        pytest.skip("no control group can be made here")
    if outcome["detail"] == "sandbox.identity":
        assert ended.returncode == 120
        return
    uid, sockets = ended.stdout.splitlines()
    assert (ended.returncode, int(uid) != 0, sockets) == (0, True, "no sockets")
    assert outcome["launch"]["isolation"] == "process"
    assert "no namespaces" in ended.stderr
