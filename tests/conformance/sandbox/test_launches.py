"""Attacks that are whole commands: launched, and judged by what they changed and printed."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.conformance.sandbox.programs import PROGRAMS
from tests.conformance.sandbox.scenery import CANARY

if TYPE_CHECKING:
    from tests.unit.runtime.sandbox.conftest import Result

ELSEWHERE: Final = frozenset(
    {"F1a", "F8a", "F18a", "F26a", "F26c", "K11a", "K12c", "K13a", "K13d", "K14a", "K16a", "K18i",
     "K20a", "K21a", "K23a", "P10a", "P10b", "P12a", "P10d"}
)  # fmt: skip
"""Cases with a test of their own, in `test_limits`, `test_moments` or `test_refusals`."""
ATTEMPTED: Final = {
    name: case
    for name, case in CASES.items()
    if case["request"]["kind"] == "launch" and name not in ELSEWHERE
}
WORKS_OUTSIDE: Final = {
    "F6a": (".", "mkdir -p out/.git/hooks; mv out/.git out/.x && echo done"),
    "F16a": (".", "echo done > /tmp/build.log && cat /home/dev/.bashrc"),
    "F20a": (".", "echo x >> ../main/.git/config && echo done"),
    "G3c": ("./out/r", "git diff; ls ../ran && echo done"),
    "G4a": ("./out/r", "git status; ls ../ran && echo done"),
    "G5b": ("./out/r", "git status; ls ../ran && echo done"),
    "G10a": ("./out/b", "git status; ls ../ran && echo done"),
    "G14a": (".", "mkdir -p out/.git/hooks && : > out/.git/hooks/pre-commit && echo done"),
    "G15a": ("./out/r", "git status; ls ../ran && echo done"),
    "G16a": ("./out/r", "git log; ls ../ran && echo done"),
    "G17a": ("./out/r", "git fetch; ls ../ran && echo done"),
    "K4a": (".", "unshare -Ur true && echo done"),
}
"""What the same attack does without a sandbox: where, and a line that prints `done` if it did.

Where it does nothing there, that nothing happens inside would prove nothing.
"""
PRINTED: Final = {
    "F30a": "readable", "F30b": "x", "K22a": "thread process pair terminal loop", "G18d": "branch",
}  # fmt: skip
"""What a command prints that has done what it may."""
CONTROL: Final = "cat README.md && echo x > out/control && rm out/control"


@pytest.mark.parametrize("name", ATTEMPTED)
def test_attack(attacked: Attacked, name: str) -> None:
    case = ATTEMPTED[name]
    given = attacked.scenery.named(case["request"])
    _prepare(attacked, given)
    _require_the_attack_to_work_outside(attacked, name)
    if case["expect"] != "refuse-launch":
        _require_the_control_to_work(attacked, case)
    before = attacked.scenery.digest()
    ended = _launch(attacked, case, given)
    _judge(attacked, name, case, ended)
    # No command of any case may change anything but what the write rule names.
    assert attacked.scenery.digest() == before, ended


def _prepare(attacked: Attacked, given: dict[str, Any]) -> None:
    scenery = attacked.scenery
    scenery.set_up(given.get("setup", []))
    for name, text in PROGRAMS.items():
        if name in given["argv"]:
            scenery.file(name, text)
    for held in (scenery.home / ".wilk/bundle", scenery.project / ".wilk/bundle"):
        scenery.file(held, "policies")
    scenery.own()


def _require_the_attack_to_work_outside(attacked: Attacked, name: str) -> None:
    if name not in WORKS_OUTSIDE:
        return
    scenery = attacked.scenery
    place, line = WORKS_OUTSIDE[name]
    around = (*(scenery.top / "main").rglob("*"), *scenery.home.rglob("*"))
    held = {path: path.read_bytes() for path in around if path.is_file()}
    ended = scenery.outside(scenery.place(place), "/bin/sh", "-c", scenery.named(line))
    assert ended.stdout.rstrip().endswith("done"), ended
    for path, text in held.items():
        path.write_bytes(text)
    (scenery.project / "out/ran").unlink(missing_ok=True)
    scenery.outside(scenery.project, "rm", "-rf", "out/.x", "out/.git/hooks")
    if name == "F6a":
        scenery.file("out/.git/hooks/.keep", "")
        scenery.own()


def _require_the_control_to_work(attacked: Attacked, case: dict[str, Any]) -> None:
    """Beside each attack: what the rules allow works in a sandbox prepared alike."""
    plain = {**case, "request": {**case["request"], "policy": {}}}
    ended = attacked.launch(plain, "/bin/sh", "-c", CONTROL)
    assert (ended.kind, ended.exit, ended.stdout) == ("exited", 0, "readable\n"), ended


def _launch(attacked: Attacked, case: dict[str, Any], given: dict[str, Any]) -> Result:
    argv = list(given["argv"])
    if "cwd" in given:
        # The workspace is where a command starts; `cd` first, as a tool would.
        argv = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', given["cwd"], *argv]
    caller = given.get("caller_env", {})
    secret = {name: text for name, text in caller.items() if name not in {"PATH", "LD_PRELOAD"}}
    environment = {**caller, "WILK_BUNDLE": str(attacked.scenery.home / ".wilk/bundle")}
    return attacked.launch(case, *argv, environment=environment, shim=secret)


def _judge(attacked: Attacked, name: str, case: dict[str, Any], ended: Result) -> None:
    given = attacked.scenery.named(case["request"])
    printed = ended.stdout + ended.stderr
    assert CANARY not in printed
    if case["expect"] == "refuse-launch":
        assert (ended.kind, ended.status, ended.stdout) == ("sandbox_failed", 120, ""), ended
        return
    if not attacked.groups and ended.detail == "sandbox.limit_not_enforceable":
        # Strict, and no control group can be had: nothing starts.
        assert (ended.status, ended.stdout, given["policy"]["level"]) == (120, "", "strict")
        return
    assert ended.kind != "sandbox_failed", ended
    if case["expect"] == "allow":
        assert (ended.kind, ended.exit) == ("exited", 0), ended
    if name in PRINTED:
        assert PRINTED[name] in ended.stdout, ended
    _judge_outcome(given, ended)
    if "must_not_exist" in given:
        assert not attacked.scenery.place(given["must_not_exist"]).exists(), ended
    if "must_not_print" in given:
        assert given["must_not_print"] not in ended.stdout, ended
        assert given["must_not_print"] not in ended.stderr, ended
    assert not list((attacked.scenery.project / "out").rglob("pre-commit")), ended
    assert not (attacked.scenery.project / "out/a.sh").exists(), ended
    assert not _set_id(attacked), ended


def _judge_outcome(given: dict[str, Any], ended: Result) -> None:
    if "outcome" in given:
        wanted = given["outcome"]
        assert (ended.kind, ended.status) == (wanted["kind"], wanted["status"]), ended
        assert ended.exit == wanted.get("true_status", ended.exit), ended
    if "errno" in given:
        texts = [os.strerror(getattr(errno, one)) for one in given["errno"].split(" or ")]
        numbers = [str(getattr(errno, one)) for one in given["errno"].split(" or ")]
        said = any(text in ended.stderr for text in texts)
        assert said or set(ended.stdout.split()) & set(numbers), ended
        assert "started" not in ended.stdout, ended
    if "/dev/shm/x" in " ".join(given["argv"]):  # noqa: S108  # inside
        assert os.strerror(errno.ENOSPC) in ended.stderr, ended


def _set_id(attacked: Attacked) -> list[str]:
    paths = attacked.scenery.project.rglob("*")
    return [str(one) for one in paths if one.is_file() and one.lstat().st_mode & 0o6000]
