"""Files that the caller gives, a pinned program, and a result on descriptor 3."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import Mount, SandboxPlan
from wilkc.runtime.sandbox import binds
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.own import Own
from wilkc.runtime.sandbox.reserved import Reserved

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import How

MIB = 1024 * 1024
GIVEN = {"/run/wilk/code": "echo $((6 * 7)) >&3", "/run/wilk/context": "{}"}
SHELL = Path(os.path.realpath("/bin/sh"))


def test_given_files_are_read_and_not_written(work: Any, spec: Any) -> None:
    script = "cat /run/wilk/context; echo x > /run/wilk/context; touch /run/wilk/new; ls /run/wilk"
    ended = work.sh(spec(), script, files=GIVEN)
    assert ended.stdout == "{}code\ncontext\n"
    assert ended.stderr.count("Read-only") == 2
    digest = hashlib.sha256(b"{}").hexdigest()
    assert ended.launch["files"]["/run/wilk/context"] == digest
    assert not Path("/run/wilk/context").exists()


def test_what_is_wilks_own_on_the_host_is_never_mounted(tmp_path: Path) -> None:
    own, link, other = (tmp_path / name for name in ("own", "link", "other"))
    own.mkdir()
    (own / "code").write_text("of the host")
    link.symlink_to(own)
    other.write_text("x")
    bases = binds.Bases()
    rules: tuple[tuple[How, Path], ...] = (
        ("file", own / "code"), ("tree", own), ("tree", link), ("file", other),
    )  # fmt: skip
    mounts = tuple(
        Mount("read", how, str(path), str(path), str(path), "r", "a.yaml", 1, postcheck=False)
        for how, path in rules
    )
    roots, identity = Roots(str(tmp_path), None), Identity(1000, 1000, None, drop=False)
    reserved = Reserved(roots, own=Own(frozenset({str(own)})))
    binds.resolve(SandboxPlan(mounts=mounts), reserved, identity, bases, lambda *_: True)
    assert [base.opened.path for base in bases.found] == [str(other)]
    assert [report.count("Wilk's own") for report in bases.reports] == [1, 1, 1]
    bases.close()


def test_files_are_given_though_root_keeps_others_out(work: Any, spec: Any) -> None:
    """As it is where root runs commands, too: its notes lie in the same directory."""
    rules = spec(read=("/run/wilk/code",))
    ended = work.run(rules, "/bin/sh", "/run/wilk/code", files=GIVEN, result=True)
    assert (ended.kind, ended.result) == ("exited", "42\n"), ended


def test_a_result_comes_on_descriptor_3(work: Any, spec: Any) -> None:
    ended = work.run(spec(), "/bin/sh", "/run/wilk/code", files=GIVEN, result=True)
    assert (ended.kind, ended.result, ended.stdout) == ("exited", "42\n", ""), ended
    assert work.sh(spec(), "cat; ls /proc/self/fd", result=True).stdout.split() == [
        "0", "1", "2", "3", "4",
    ]  # fmt: skip


def test_without_being_asked_for_there_is_no_descriptor_3(work: Any, spec: Any) -> None:
    ended = work.sh(spec(), "echo x >&3")
    assert ended.exit != 0
    assert "3" in ended.stderr


def test_a_result_is_bounded(work: Any, spec: Any) -> None:
    rules = spec().limited(wall_clock_ms=300_000)
    ended = work.sh(rules, "head -c 1048576 /dev/zero >&3", result=True)
    assert (ended.kind, len(ended.result)) == ("exited", MIB)
    ended = work.sh(rules, "head -c 1048577 /dev/zero >&3", result=True)
    assert (ended.kind, ended.detail, len(ended.result)) == ("limit", "result", MIB)


def test_too_much_is_told_also_when_the_command_has_ended_before(work: Any, spec: Any) -> None:
    """Who takes the output may be slower than the command, which then ended by itself."""
    end = work.folder("out") / "end"
    rules = spec(write=("./out/**",)).limited(output=10)
    script = "printf 12345; touch out/more; sleep 0.2; printf 6789012345; touch out/end"
    ended = work.sh(rules, script, slow=str(end))
    assert (ended.kind, ended.detail, ended.stdout) == ("limit", "output", "1234567890")


@pytest.mark.parametrize("program", ["/bin/sh", "sh"])
def test_a_pinned_program(work: Any, spec: Any, program: str) -> None:
    digest = hashlib.sha256(SHELL.read_bytes()).hexdigest()
    command = (program, "-c", "touch out/ran")
    work.folder("out")
    rules = spec(write=("./out/**",))
    ended = work.run(rules, *command, digest="0" * 64)
    assert (ended.status, ended.detail) == (120, "sandbox.program_differs")
    assert digest in ended.help
    assert not (work.path / "out/ran").exists()
    assert work.run(rules, *command, digest=digest).kind == "exited"
    assert (work.path / "out/ran").exists()


def test_a_pinned_program_of_the_workspace(work: Any, spec: Any) -> None:
    work.write("bin/real", "#!/bin/sh\necho real\n", 0o755)
    (work.path / "bin/link").symlink_to("real")
    work.own()
    rules = spec(read=("./bin/**",))
    digest = hashlib.sha256((work.path / "bin/real").read_bytes()).hexdigest()
    assert work.run(rules, "bin/link", digest=digest).stdout == "real\n"
    work.write("bin/real", "#!/bin/sh\necho other\n", 0o755)
    ended = work.run(rules, "bin/link", digest=digest)
    assert (ended.detail, ended.stdout) == ("sandbox.program_differs", "")


def test_a_pinned_program_that_is_not_there(work: Any, spec: Any) -> None:
    ended = work.run(spec(), "no-such-program", digest="0" * 64)
    assert (ended.status, ended.detail) == (120, "sandbox.program_differs")
