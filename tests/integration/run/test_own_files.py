"""Policies, the log and its keys in a folder that may be written: nothing gets at them."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from wilkc.cli.own_files import own_files
from wilkc.cli.running import Source

ATTACK = (
    "import os, pathlib\n"
    "def tried(what):\n"
    "    try: what()\n"
    "    except OSError as error: print(error.strerror)\n"
    "tried(lambda: pathlib.Path('out/policies/new.yaml').write_text('x'))\n"
    "tried(lambda: pathlib.Path('out/policies/agents.yaml').write_text('x'))\n"
    "tried(lambda: os.rename('out/policies', 'out/p'))\n"
    "pathlib.Path('out/free').write_text('x')\n"
)


@pytest.fixture
def inside(site: Any) -> Any:
    """All of them lie in `./out`, which may be written."""
    site.write("scripts/attack.py", ATTACK)
    for name in ("policies", "log", "keys", "keys.provider"):
        shutil.move(site.top / name, site.work / "out" / name)
    owner = site.work.stat().st_uid
    if os.geteuid() == 0:
        for path in (site.work / "out/policies", site.work / "out/policies/agents.yaml"):
            os.chown(path, owner, owner)
    return site


def _run(site: Any, *command: str) -> Any:
    out = site.work / "out"
    words = ["--policies", str(out / "policies"), "--audit", str(out / "log")]
    words += ["--audit-keys", str(out / "keys")]
    # What is tested is this tree, wherever it was put for that.
    tree = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return site.run(*words, "builder", "--", *command, **tree)


def test_no_spec_can_be_added_or_changed(inside: Any) -> None:
    place = inside.work / "out/policies"
    before = place.joinpath("agents.yaml").read_bytes()
    ended = _run(inside, "python3", "scripts/attack.py")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["Read-only file system"] * 2 + ["Device or resource busy"]
    assert [one.name for one in place.iterdir()] == ["agents.yaml"]
    assert place.joinpath("agents.yaml").read_bytes() == before
    assert (inside.work / "out/free").exists()


def test_log_and_keys_are_masked(inside: Any) -> None:
    ended = _run(inside, "cat", "out/log/origin")
    assert ended.returncode != 0
    assert "Permission denied" in ended.stderr
    mounted = _run(inside, "cat", "/proc/self/mountinfo").stdout
    for name in ("log", "keys", "keys.provider", "policies"):
        assert f" {inside.work / 'out' / name} ro," in mounted


def test_what_a_command_line_names() -> None:
    source = Source("/s/opa.sock", "/b.tar.gz", ("/k.pub",), None, None, (), "/identity")
    held = own_files(source, ("/log", None, None), "/rates.db")
    assert {
        "/log", "/log.keys", "/log.keys.provider", "/s/opa.sock", "/s/status.sock", "/identity",
    } == {*held.hidden}  # fmt: skip
    assert {"/b.tar.gz", "/k.pub"} <= {*held.kept}
    assert held.journalled == ("/rates.db",)
    assert "/r.sock" in own_files(source, (None, None, None), "unix:///r.sock?db=1").hidden
    assert not own_files(source, (None, None, None), "redis://h/0").journalled
