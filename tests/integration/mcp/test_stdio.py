"""The filter on standard streams, between peers that misbehave."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.mcp.conftest import SECONDS, Talk, code
from wilkc.identity import create_identity, open_revocations

if TYPE_CHECKING:
    from tests.integration.mcp.conftest import Site


def _await_end(pids: list[int]) -> None:
    """Fail where a process is still there, other than as a zombie that others have to reap."""
    deadline = time.monotonic() + SECONDS
    while living := [pid for pid in pids if _lives(pid)]:
        assert time.monotonic() < deadline, f"left running: {living}"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _pids(text: str) -> list[int]:
    found = re.search(r"pids: (\d+) (\d+)", text)
    assert found is not None, text
    return [int(one) for one in found.groups()]


def _fill(talk: Talk) -> None:
    """Say as much as anybody takes; how much a pipe holds depends on what else the host does."""
    assert talk.process.stdin is not None
    fd = talk.process.stdin.fileno()
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    os.set_blocking(fd, False)
    for identity in range(20):
        params = {"x": "y" * 10_000}
        asked = {"jsonrpc": "2.0", "id": identity, "method": "ping", "params": params}
        line = json.dumps(asked).encode() + b"\n"
        while line and poll.poll(3000):
            line = line[os.write(fd, line) :]
        if line:
            break
    os.set_blocking(fd, True)


def test_calls_are_decided_listed_and_on_record(site: Site) -> None:
    talk = site.hostile("echo", SECRET_TOKEN="x", LD_PRELOAD="")  # noqa: S106  # no password
    listed = talk.ask("tools/list")["result"]["tools"]
    assert [one["name"] for one in listed] == ["search", "limited"]
    done = talk.call("search", query="x")["result"]
    assert done["params"] == {"name": "search", "arguments": {"query": "x"}}
    # The server gets none of the variables of the filter but the harmless ones.
    assert done["environment"].keys() <= {"PATH", "LANG", "LC_CTYPE"}
    for name in ("delete_all", "unnamed", "DELETE_ALL"):
        assert code(talk.call(name)) == -32001
    for name in ("sear\u0441h", "search\u200b", "search "):
        assert code(talk.call(name)) == -32602
    assert code(talk.call("limited", city="Paris")) == -32001
    assert code(talk.call("limited", city="Berlin", days=8)) == -32001
    assert code(talk.call("limited", city="Berlin", more=1)) == -32001
    assert talk.call("limited", city="Berlin", days=7)["result"]
    assert talk.end()[0] == 0
    on_record = [
        (one["action"]["resource"], one["phase"], one["decision"]["allow"])
        for one in site.records()
        if one["phase"] == "intent"
    ]
    assert on_record.count(("tool:mcp__s__search", "intent", True)) == 1
    assert on_record.count(("tool:mcp__s__delete_all", "intent", False)) == 1
    ends = [one for one in site.records() if one["phase"] == "outcome"]
    assert len(ends) == 2


def test_a_revoked_agent_is_stopped_while_its_client_is_connected(
    site: Site, tmp_path: Path
) -> None:
    create_identity(tmp_path / "who")
    talk = site.hostile("echo", "--identity", str(tmp_path / "who"))
    assert talk.call("search", query="x")["result"]
    revocations = open_revocations(tmp_path / "who")
    revocations.revoke("agent", "worker")
    time.sleep(1)
    assert code(talk.call("search", query="x")) == -32001
    assert talk.ask("tools/list")["result"]["tools"] == []
    revocations.restore("agent", "worker")
    assert talk.call("search", query="x")["result"]
    (tmp_path / "who" / "revoked.table").unlink()
    time.sleep(1)
    assert code(talk.call("search", query="x")) == -32603
    assert code(talk.ask("tools/list")) == -32603
    assert talk.end()[0] == 0
    details = [one["decision"]["detail"] for one in site.records() if one["phase"] == "intent"]
    assert details[-4:] == ["allowed", "agent_revoked", "allowed", "revocations_unavailable"]


def test_a_denial_names_nothing(site: Site) -> None:
    talk = site.hostile("echo")
    told = talk.call("delete_all")["error"]
    assert told == {
        "code": -32001,
        "message": "the policy does not permit this",
        "data": {"reason": "PERMISSION_DENIED", "detail": "blocked"},
    }
    talk.end()


def test_files_are_judged_as_files_too(site: Site) -> None:
    talk = site.hostile("echo")
    assert talk.ask("resources/read", uri=f"file://{site.work}/docs/a.md")["result"]
    for path in (".env", "docs/../.env", "docs/%2e%2e/.env", "outside"):
        assert code(talk.ask("resources/read", uri=f"file://{site.work}/{path}")) in {
            -32001,
            -32602,
        }
    (site.work / "docs" / "link").symlink_to(site.work / ".env")
    assert code(talk.ask("resources/read", uri=f"file://{site.work}/docs/link")) == -32001
    assert talk.ask("prompts/get", name="review")["result"]
    assert code(talk.ask("prompts/get", name="search")) == -32001
    talk.end()


def test_what_the_client_says_oddly_reaches_nobody(site: Site) -> None:
    talk = site.hostile("echo")
    lines = [
        b"{",
        b"\xff",
        b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","name":"x"}}',
        b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
        b"x" * (17 * 2**20),
    ]
    for line in lines:
        talk.send(line)
        assert talk.hear()["error"]["code"] in {-32700, -32600}
    talk.say(method="notifications/evil")
    talk.say(id=9, result={})
    assert code(talk.ask("tools/execute", name="search")) == -32601
    assert talk.call("search")["result"]
    _, errors = talk.end()
    assert "noticed" not in errors
    assert "told" not in errors
    assert len([one for one in site.records() if one["phase"] == "intent"]) == 1


def test_what_the_server_says_oddly_reaches_nobody(site: Site) -> None:
    talk = site.hostile("misbehave")
    text = talk.call("search")["result"]["text"]
    assert "sampling/createMessage" in text
    talk.said += 1
    assert code(talk.call("delete_all")) == -32001
    talk.say(id="x", method="tools/list")
    assert talk.hear()["id"] == "x"
    _, errors = talk.end()
    assert talk.heard == b""
    assert "evil" not in errors.replace("notifications/evil", "")
    refused = re.findall(r'told: .*"code": -32601.*"id": "from-server-([a-zA-Z/]+)"', errors)
    assert refused == ["sampling/createMessage", "roots/list", "elicitation/create", "tools/call"]


def test_a_server_that_dies_answers_by_the_filter(site: Site) -> None:
    talk = site.hostile("die")
    assert code(talk.call("search")) == -32603
    talk.process.wait(SECONDS)
    status, errors = talk.end()
    assert status == 7
    assert "the server ended before its client" in errors
    (ended,) = [one for one in site.records() if one["phase"] == "outcome"]
    assert ended["result"]["status"] == "failure"


def test_an_answer_that_is_too_large_is_told(site: Site) -> None:
    talk = site.hostile("large")
    assert code(talk.call("search")) == -32603
    assert talk.ask("tools/list")["result"]
    assert talk.end()[0] == 0


def test_a_server_that_hangs_is_given_up_and_ended(site: Site) -> None:
    talk = site.hostile("hang", "--answer-timeout", "1")
    assert code(talk.call("search")) == -32603
    assert talk.ask("tools/list")["result"]
    status, errors = talk.end()
    assert status == 0
    _await_end(_pids(errors))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_running_after_a_signal(site: Site, how: signal.Signals) -> None:
    talk = site.hostile("hang")
    assert talk.ask("tools/list")["result"]
    talk.process.send_signal(how)
    _, errors = talk.end()
    _await_end(_pids(errors))


def test_the_server_dies_with_a_filter_that_is_killed(site: Site) -> None:
    talk = site.hostile("hang")
    assert talk.ask("tools/list")["result"]
    talk.process.kill()
    assert talk.process.stderr is not None
    line = talk.process.stderr.readline().decode()
    server, own = _pids(line)
    try:
        _await_end([server])
    finally:
        os.kill(own, signal.SIGKILL)
    talk.end()


def test_a_client_that_goes_ends_a_server_that_does_not_read(site: Site) -> None:
    talk = site.hostile("deaf", "--answer-timeout", "600")
    assert talk.process.stderr is not None
    line = talk.process.stderr.readline().decode()
    _fill(talk)
    _, errors = talk.end()
    assert "does not read its input" in errors
    _await_end(_pids(line))


def test_without_a_decision_nothing_passes(site: Site, tmp_path: Path) -> None:
    words = site.words(server=("cat",))
    words[words.index("--socket") + 1] = str(tmp_path / "nobody.sock")
    talk = Talk.started(words, site.variables())
    assert code(talk.call("search")) == -32603
    talk.end()


def test_without_a_log_nothing_is_started(site: Site) -> None:
    words = site.words(server=("sh", "-c", "echo started"))
    words[words.index("--audit") + 1] = f"{site.places.directory}.none"
    talk = Talk.started(words, site.variables())
    assert talk.end()[0] == 2
    assert talk.heard == b""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--server", "a__b"], "no name for a server"),
        (["--policies", "x.yaml"], "--socket"),
        (["--key", "x.pub"], "--bundle"),
    ],
)
def test_wrong_usage_starts_nothing(site: Site, words: list[str], says: str) -> None:
    talk = Talk.started(site.words(*words, server=("sh", "-c", "echo started")), site.variables())
    status, errors = talk.end()
    assert (status, talk.heard) == (2, b"")
    assert says in errors
