"""`docs/hosts.md` shows what the commands show, and leaves no row or attack out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wilkc.cli.host_text import rows_text
from wilkc.runtime.host import diagnose, verify_host
from wilkc.runtime.host.facts import NAMESPACES, Asking, Controller, Facts, Probe, Program

PAGE = (Path(__file__).parents[3] / "docs" / "hosts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)\n^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = set(re.findall(r"^\| (`[^|]*`) \|", PAGE, re.MULTILINE))
ATTACKS = re.findall(r"^\| `([^`|]*)` \| ([^|]*) \| ([^|]*) \|$", PAGE, re.MULTILINE)


def test_the_rows_of_a_sound_host() -> None:
    facts = Facts(
        bwrap=Program("/usr/bin/bwrap", version="bubblewrap 0.8.0"),
        settings={f"user.max_{kind}_namespaces": "63000" for kind in NAMESPACES},
    )
    assert rows_text(diagnose(facts)) == BLOCKS[0]


def test_the_rows_of_a_host_that_restricts() -> None:
    facts = Facts(
        settings={"kernel.apparmor_restrict_unprivileged_userns": "1"},
        controllers=(Controller("memory", 0),),
        probe=Probe(words="bwrap: setting up uid map: Permission denied", seccomp=None),
    )
    assert rows_text([row for row in diagnose(facts) if row.state != "ok"]) == BLOCKS[1]
    assert len(BLOCKS) == 2


def test_every_row_is_explained() -> None:
    named = {name for cell in ROWS for name in re.findall(r"`([^`]*)`", cell)}
    facts = Facts(first_bwrap="/x/bwrap", opa=Asking("/s", "answers"), audit=Asking("/a", "kept"))
    assert {row.name for row in diagnose(facts)} <= named
    assert "KIND-namespace-limit" in named


@pytest.mark.usefixtures("bwrap")
def test_every_attack_is_listed() -> None:
    made = [(one.name, one.group, one.protects) for one in verify_host()]
    listed = [one for one in ATTACKS if one[0] in {name for name, *_ in made}]
    assert sorted(made) == sorted(listed)
