"""Launches that have to be refused, each beside one that starts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.unit.runtime.sandbox.launch_as import MOVED

NO_GROUPS: Final = "sandbox.limit_not_enforceable"
GROUPED: Final = ("memory", "pids", "cpu")
UNSHARE: Final = "/usr/bin/unshare"
MAPPED: Final = f"""
exec 3<&0
{UNSHARE} --user /bin/sh -c '
    until grep -q . /proc/self/gid_map; do sleep 0.02; done
    exec /bin/sh -c "OWN && exec \\"\\$@\\"" sh "$@"' sh "$@" <&3 &
child=$!
until echo "0 0 65536" > /proc/$child/uid_map; do sleep 0.02; done 2> /dev/null
until echo "0 0 65536" > /proc/$child/gid_map; do sleep 0.02; done 2> /dev/null
wait $child
"""
"""Starts the shim as root of a user namespace that has all of the host's users."""


def test_f1a_the_root_as_workspace(attacked: Attacked) -> None:
    for asked in ("/", str(attacked.scenery.project)):
        ended = attacked.launch(CASES["F1a"], "true", workspace=asked)
        refused = asked == "/"
        assert (ended.kind == "sandbox_failed") is refused, ended
        assert (ended.detail == "sandbox.workspace_moved") is refused, ended


def test_f8a_a_directory_swapped_for_a_link(attacked: Attacked) -> None:
    swap = {str(attacked.scenery.project / "out"): str(attacked.scenery.home)}
    assert attacked.launch(CASES["F8a"], "true").kind == "exited"
    ended = attacked.launch(CASES["F8a"], "true", between=swap)
    assert (ended.kind, ended.status, ended.stdout) == ("sandbox_failed", 120, ""), ended


def test_f8a_a_directory_swapped_for_another(attacked: Attacked) -> None:
    scenery = attacked.scenery
    scenery.file("out/which", "judged")
    scenery.file("other/which", "swapped")
    scenery.own()
    assert attacked.launch(CASES["F8a"], "cat", "out/which").stdout == "judged"
    swap = {str(scenery.project / "out"): f"{MOVED}{scenery.project / 'other'}"}
    ended = attacked.launch(CASES["F8a"], "cat", "out/which", between=swap)
    # A bubblewrap that takes descriptors shows what was judged, wherever it is by now.
    refused = (ended.status, ended.stdout) == (120, "")
    assert refused or (ended.kind, ended.stdout) == ("exited", "judged"), ended


def test_k20a_a_mount_that_is_not_there(attacked: Attacked) -> None:
    spec = attacked.spec({})
    bad = replace(spec, plan=replace(spec.plan, runtime_paths=("/nonexistent",)))
    ended = attacked.work.run(bad, "true")
    assert (ended.kind, ended.status) == ("sandbox_failed", 120)
    good = replace(spec, plan=replace(spec.plan, runtime_paths=("/usr/bin",)))
    assert attacked.work.run(good, "true").kind == "exited"


def test_k21a_bubblewrap_ends_without_a_word(attacked: Attacked) -> None:
    # Only root can make a program that root owns; for others one that is there does as well.
    program = Path("/usr/bin/true")
    if os.geteuid() == 0:
        program = attacked.scenery.file(
            attacked.scenery.top / "bwrap",
            '#!/bin/sh\n[ "$1" != --help ] || exec /usr/bin/bwrap --help\nexit 0\n',
            0o755,
        )
        os.chown(program, 0, 0)
    ended = attacked.work.run(attacked.spec({}), "true", bwrap=str(program))
    assert (ended.kind, ended.status, ended.exit) == ("sandbox_failed", 120, None), ended


def test_p10a_no_user_namespaces(attacked: Attacked) -> None:
    """In a user namespace of its own, whose limit on further ones is set to nothing."""
    for most in (0, 1000):
        own = f"echo {most} > /proc/sys/user/max_user_namespaces"
        if os.geteuid() == 0:
            script = MAPPED.replace("OWN", own)
        elif most:
            # The control without an own namespace: only root can show bubblewrap's owner in one.
            script = 'exec "$@"'
        else:
            shell = f'/bin/sh -c \'{own} && exec "$@"\' sh "$@"'
            script = f"exec {UNSHARE} --user --map-current-user --keep-caps {shell}"
        ended = attacked.through(script).launch({"request": {}}, "echo", "ran")
        refused = most == 0
        assert (ended.kind == "sandbox_failed") is refused, ended
        assert (ended.stdout == "") is refused, ended


def test_p10b_strict_without_control_groups(attacked: Attacked) -> None:
    ended = attacked.launch({"request": {"policy": {"level": "strict"}}}, "echo", "ran")
    if attacked.groups:
        # The control: where there are groups the same plan starts, and they keep its limits.
        assert ended.stdout == "ran\n"
        kept = {name: ended.launch["limits"][name]["strength"] for name in GROUPED}
        assert kept == dict.fromkeys(GROUPED, "enforced")
    else:
        assert (ended.status, ended.detail, ended.stdout) == (120, NO_GROUPS, "")


def test_p10d_no_container_engine(attacked: Attacked) -> None:
    ended = attacked.launch(CASES["P10d"], "echo", "ran")
    assert (ended.kind, ended.status, ended.stdout) == ("sandbox_failed", 120, "")


def test_p12a_decisions_of_another_revision(attacked: Attacked) -> None:
    spec = attacked.spec({})
    assert attacked.work.run(spec, "echo", "ran").stdout == "ran\n"
    other = replace(spec, rules={**spec.rules, "revision": "0" * 64})
    ended = attacked.work.run(other, "echo", "ran")
    assert (ended.status, ended.detail, ended.stdout) == (120, "sandbox.disagrees_with_policy", "")
