"""A crash of the command starts no program of the host: core(5), and `limits.require_no_core`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.host.trial import trial
from wilkc.runtime.sandbox import limits
from wilkc.runtime.sandbox.limits import require_no_core
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = "grep 'Max core file size' /proc/self/limits"
SCRIPT = f"""
{LIMIT}
ulimit -c 0 && echo seems
{LIMIT}
python3 - <<'END'
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
print(resource.getrlimit(resource.RLIMIT_CORE))
try:
    print(resource.prlimit(0, resource.RLIMIT_CORE, (0, 0)))
except PermissionError:
    print("refused")
resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))
print(resource.getrlimit(resource.RLIMIT_NOFILE))
END
"""


def test_the_limit_that_starts_nobody_stays(work: Any, spec: Any) -> None:
    ended = work.sh(spec(), SCRIPT)
    assert ended.kind == "exited", ended.message
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    limit = "Max core file size 1 1 bytes"
    assert lines == [limit, "seems", limit, "(1, 1)", "refused", "(99, 99)"]


@pytest.mark.parametrize(
    ("pattern", "hard", "why"),
    [
        ("|/usr/lib/handler %p\n", 0, "`LimitCORE=1`"),
        ("@/run/coredump.socket\n", -1, "name a file or a program"),
        ("@/run/coredump.socket\n", 0, "name a file or a program"),
    ],
)
def test_where_the_limit_keeps_nobody_nothing_starts(pattern: str, hard: int, why: str) -> None:
    with pytest.raises(SandboxRefusedError) as refused:
        require_no_core(pattern, hard)
    assert refused.value.code == "sandbox.limit_not_enforceable"
    assert why in refused.value.help_text


@pytest.mark.parametrize(
    ("pattern", "hard"),
    [
        ("core\n", 0),
        ("core\n", -1),
        ("|/usr/lib/handler\n", 1),
        ("|/usr/lib/handler\n", -1),
        ("", 0),
    ],
)
def test_where_it_does_a_command_may_start(pattern: str, hard: int) -> None:
    require_no_core(pattern, hard)


@pytest.mark.parametrize(
    ("pattern", "kind"), [("@/run/s\n", "sandbox_failed"), ("core\n", "exited")]
)
def test_every_launch_looks_at_it(
    bwrap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, kind: str
) -> None:
    del bwrap
    (tmp_path / "pattern").write_text(pattern)
    monkeypatch.setattr(limits, "_CORE_PATTERN", tmp_path / "pattern")
    with trial() as place:
        assert place.run(("/bin/true",)).outcome.kind == kind
