"""`wilkc learn` on real logs: the page's commands, who may be learnt from, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import PATIENT
from wilkc.analyze.learning import REASONS
from wilkc.cli.learning import ORIGINS, gathering
from wilkc.cli.recording import open_keys
from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit import AuditLogger
from wilkc.runtime.compliance import read_period

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "learning.md").read_text(encoding="utf-8")
SPEC = """\
agent: assistant
permissions:
  filesystem:
    read: ['./docs/**']  # what everybody reads
    metadata: {blocked_paths: ['./private/**']}
"""


def run(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path, **more},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


class World:
    """Specs, and a log of what an agent asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "policies").mkdir()
        (folder / "policies" / "assistant.yaml").write_text(SPEC)
        made = run(
            "wilkc audit init log --origin example.org/learn/test --reserve 4KiB --root-key root "
            f"--policies {shlex.quote(str(PATIENT))}",
            folder,
        )
        assert made.returncode == 0, made.stderr
        (self.root,) = re.findall(r"^example\.org/\S+$", made.stdout + made.stderr, re.MULTILINE)

    def record(self, *requests: Request, allow: bool = False, enforced: bool = False) -> None:
        log = self.folder / "log"
        yes = Decision(allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m",
                       revision="r1")  # fmt: skip
        no = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")
        with AuditLogger.open(
            log, log.with_name("log.keys"), provider=log.with_name("log.keys.provider")
        ) as logger:
            for one in requests:
                logger.intent(one, yes if allow else no, enforced=enforced)

    def learn(self, more: str = "policies --from audit-only", **env: str) -> Any:
        command = f"wilkc learn log --root '{self.root}' --by kim --reason why {more}"
        return run(command, self.folder, **env)

    def found(self, more: str = "policies --from audit-only") -> dict[str, Any]:
        done = self.learn(f"{more} -f json")
        assert done.returncode == 0, done.stderr
        value: dict[str, Any] = json.loads(done.stdout)
        return value


def file(path: str, agent: str = "assistant") -> Request:
    return Request(agent, "read", "file", path)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty log."""
    return World(tmp_path)


def test_the_commands_of_the_page_run(world: World) -> None:
    world.record(file("./src/a.ts"), file("./docs/a"), file("./.env"), file("./private/x"))
    (block,) = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        done = run(line.removeprefix("$ "), world.folder, ROOT=world.root)
        assert done.returncode == 0, done.stderr + done.stdout
    spec = (world.folder / "policies" / "assistant.yaml").read_text()
    assert "    read: ['./docs/**', './src/a.ts']  # what everybody reads\n" in spec
    new = (world.folder / "assistant.yaml").read_text()
    assert "- './src/a.ts'" in new
    assert ".env" not in new + spec
    asked = "wilkc decide assistant file:./src/a.ts read --policies"
    for place in ("policies", "assistant.yaml"):
        assert run(f"{asked} {place}", world.folder).returncode == 0


def test_the_page_lists_every_reason_and_origin() -> None:
    rows = re.findall(r"^\| `(\w[\w-]*)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows[: len(ORIGINS)]] == list(ORIGINS)
    assert dict(rows[len(ORIGINS) :]) == dict(REASONS)


def test_only_what_is_selected_is_learnt(world: World) -> None:
    world.record(file("./one"), enforced=False)
    world.record(file("./two"), enforced=True)
    world.record(file("./three"), allow=True, enforced=True)
    world.record(file("./four", agent="other"))
    for origin, path in zip(ORIGINS, ("./three", "./two", "./one"), strict=True):
        found = world.found(f"policies --from {origin} --agent assistant")
        assert [one["value"] for one in found["entries"]] == [path]
        assert found["decisions"] == {"allowed": 1, "denied": 1, "audit-only": 2}
    both = world.found("policies --from denied --from audit-only")
    assert [one["value"] for one in both["entries"]] == ["./one", "./two"]
    assert [one["code"] for one in both["refused"]] == ["unknown_agent"]
    assert world.found("policies --from denied --until 2001-01-01")["entries"] == []
    assert world.learn("policies").returncode == 2


def test_a_log_that_does_not_verify_is_not_learnt_from(world: World) -> None:
    world.record(*(file(f"./f{number}") for number in range(5)))
    (segment,) = [
        one for one in (world.folder / "log").glob("*.jsonl") if b"intent" in one.read_bytes()
    ]
    whole = segment.read_bytes()
    segment.write_bytes(whole.replace(b'"denied"', b'"Denied"', 1).replace(b"audit", b"Audit", 1))
    done = world.learn()
    assert (done.returncode, done.stdout) == (5, "")
    assert "Traceback" not in done.stderr
    # The command puts on record first what it reads, and a damaged log takes no record: so what
    # reads is asked by itself, too.
    path = str(world.folder / "log")
    log = gathering.Log(Path(path), world.root, open_keys(path, None, None), {})
    wanted = gathering.Wanted(ORIGINS, (), read_period("1970-01-01", "2100-01-01"))
    with pytest.raises(VerificationError, match="nothing is proposed"):
        gathering.gather(log, wanted, None)
    segment.write_bytes(whole)
    sound = gathering.gather(log, wanted, None).verification
    assert sound is not None
    assert sound.ok
    other = World.__new__(World)
    other.folder, other.root = world.folder, world.root[:-8] + "AAAAAAAA"
    done = other.learn()
    assert done.returncode in {2, 5}
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_agent_that_fills_the_log_gets_nothing_by_it(world: World) -> None:
    spam = [
        "./.env", "./a/../b", "./x\ny", "./\x1b[2Jz", "./\u202etxt", "~/.ssh/id_rsa", "./private/x",
        "./*", "./**", "./{a,b}",
    ]  # fmt: skip
    hosts = ("10.0.0.1", "xn--pple-43d.com", "localhost", "github.io")
    lines = ("python -c 1", "sh", "sudo ls", "find . -delete", "cat .env")
    world.record(
        *(file(path) for path in spam),
        *(Request("assistant", "connect", "network", f"https://{name}") for name in hosts),
        *(Request("assistant", "execute", "shell", line) for line in lines),
    )
    found = world.found()
    assert sorted(one["value"] for one in found["entries"]) == [
        "./\\*", "./\\*\\*", "./\\{a\\,b\\}",
    ]  # fmt: skip
    assert len(found["refused"]) == len(spam) - 3 + len(hosts) + len(lines)
    assert all(one["records"] for one in found["refused"])
    done = world.learn()
    assert done.returncode == 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", done.stdout + done.stderr)


def test_a_spec_is_never_written_over(world: World) -> None:
    world.record(file("./one"))
    (world.folder / "link.yaml").symlink_to("policies/assistant.yaml")
    for place in ("policies/assistant.yaml", "./policies/../policies/assistant.yaml", "link.yaml"):
        done = world.learn(f"policies --from audit-only -o {place}")
        assert done.returncode == 2
    assert (world.folder / "policies" / "assistant.yaml").read_text() == SPEC


def test_reading_goes_on_record_first(world: World) -> None:
    world.record(file("./one"))
    world.found()
    done = run("wilkc audit query log --exhaustive -f json", world.folder)
    assert "config.access" in done.stdout
    command = f"wilkc learn log --root '{world.root}' --from denied"
    assert run(command, world.folder).returncode == 2


def test_memory_is_bounded_and_what_has_no_room_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(*(file(f"./f{number}") for number in range(6)), *(file("./.env"),) * 2)
    place = world.folder / "log"
    log = gathering.Log(place, world.root, open_keys(str(place), None, None), {})
    period = read_period("1970-01-01", "9999-12-30")
    monkeypatch.setattr(gathering, "MAX_ASKED", 4)
    found = gathering.gather(log, gathering.Wanted(ORIGINS, (), period), None)
    assert (len(found.asked()), found.crowded_out) == (4, 2)
    assert [(one.asked.count, one.reason.code) for one in found.refused()] == [(2, "secret_file")]


def test_a_diff_of_a_file_without_a_last_line_end_applies(world: World) -> None:
    spec = world.folder / "policies" / "assistant.yaml"
    spec.write_text(SPEC.rstrip("\n"))
    world.record(Request("assistant", "call", "tool", "mcp__x"))
    done = world.learn("policies --from audit-only -o p.diff")
    assert done.returncode == 0, done.stderr
    assert run("patch -p1 < p.diff", world.folder).returncode == 0
    assert spec.read_text().endswith("  tools:\n    allowed:\n      - 'mcp__x'")
