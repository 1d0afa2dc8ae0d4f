"""`wilkc doctor` on the machine of the tests, as root and as an ordinary user."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.host.conftest import groups

if TYPE_CHECKING:
    from tests.integration.host.conftest import Host


def _rows(host: Host, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ended = host.run("doctor", *words, "-f", "json")
    shown = json.loads(ended.stdout)
    assert ended.stderr == ""
    assert shown["enforceable"] is (ended.returncode == 0)
    return ended.returncode, {row["name"]: row for row in shown["rows"]}


def test_a_machine_that_launches(host: Host) -> None:
    before = groups()
    code, rows = _rows(host)
    assert code == 0, rows
    assert rows["launch"]["state"] == rows["seccomp"]["state"] == rows["identity"]["state"] == "ok"
    assert rows["bubblewrap"]["seen"].startswith("bubblewrap 0.")
    assert rows["cgroup-memory"]["state"] in {"ok", "degraded"}
    host.require_nothing_left(before)


def test_root_tries_none_in_a_folder_of_somebody_else(host: Host, identity: str) -> None:
    """Whoever owns it could have root give away, or remove, something else."""
    owner = host.work.stat()
    os.chown(host.temporary, owner.st_uid, owner.st_gid)
    code, rows = _rows(host)
    if identity == "root":
        assert (code, rows["launch"]["state"]) == (7, "missing")
        assert "others could move" in rows["launch"]["seen"]
    else:
        assert (code, rows["launch"]["state"]) == (0, "ok")
    assert host.left() == []


def test_strict_wants_every_layer(host: Host) -> None:
    code, rows = _rows(host, "--strict")
    degraded = [name for name, row in rows.items() if row["state"] == "degraded"]
    assert code == (7 if degraded else 0)


def test_text_has_a_line_for_each_row_and_one_for_each_fix(host: Host) -> None:
    ended = host.run("doctor")
    _, rows = _rows(host)
    lines = ended.stdout.splitlines()
    assert [line.split()[1] for line in lines if not line.startswith(" ")] == list(rows)
    fixes = [row["fix"] for row in rows.values() if row["fix"]]
    assert [line.split("= fix: ")[1] for line in lines if "= fix: " in line] == fixes


def test_a_log_that_can_be_kept_and_one_that_cannot(host: Host) -> None:
    code, rows = _rows(host, "--audit", str(host.work))
    assert (code, rows["audit-log"]["state"]) == (0, "ok")
    assert list(host.work.iterdir()) == []
    for place in ("/proc", str(host.work / "not-there")):
        code, rows = _rows(host, "--audit", place)
        assert (code, rows["audit-log"]["state"]) == (7, "missing")


def test_a_socket_where_nobody_answers(host: Host) -> None:
    code, rows = _rows(host, "--socket", str(host.work / "opa.sock"))
    assert (code, rows["opa"]["state"]) == (7, "missing")
    assert "wilkc serve" in rows["opa"]["fix"]


def test_a_workspace_that_commands_cannot_reach(host: Host) -> None:
    inner = host.work / "closed" / "inner"
    inner.mkdir(parents=True)
    if os.geteuid() != 0:
        return _not_there(host)
    closed = host.work / "closed"
    closed.chmod(0o700)
    owner = host.work.stat().st_uid
    os.chown(inner, owner, owner)
    code, rows = _rows(host, "--workspace", str(inner))
    assert code == 7
    assert str(closed) in rows["workspace" if "workspace" in rows else "identity"]["seen"]
    os.chown(closed, owner, owner)
    assert _rows(host, "--workspace", str(inner))[0] == 0
    return None


def _not_there(host: Host) -> None:
    code, rows = _rows(host, "--workspace", str(host.work / "nowhere"))
    assert (code, rows["identity"]["state"]) == (7, "missing")


def test_a_bubblewrap_that_stands_first_in_path_is_told(host: Host) -> None:
    fake = host.work / "bwrap"
    fake.write_text("#!/bin/sh\ntouch ran\n")
    fake.chmod(0o755)
    shell = ("/bin/sh", "-c", 'PATH="$PWD:$PATH" exec "$@"', "sh")
    *before, python = host.launcher
    found = type(host)((*before, *shell, python), host.code, host.work, host.temporary)
    code, rows = _rows(found)
    assert (code, rows["bubblewrap-in-path"]["state"]) == (0, "degraded")
    assert not Path(host.work, "ran").exists()
