"""`filesystem: full`: all of the host, read-only, without what must stay hidden."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.own import NOWHERE
from wilkc.runtime.sandbox.whole import COVERED, is_covered, named, tops_of

FULL = {"level": "minimal", "filesystem": "full"}


def _whole(spec: Any, **more: Any) -> Any:
    return spec(**{**FULL, **more})


def test_what_no_rule_names_is_seen_and_cannot_be_written(work: Any, spec: Any) -> None:
    work.folder("out")
    script = (
        "cat /etc/hostname > out/name && ls /usr /var /etc > /dev/null"
        " && ! touch /var/tmp/made-inside 2>/dev/null && ! touch ./made 2>/dev/null"
        " && touch out/made"
    )
    ended = work.sh(_whole(spec, write=("./out/**",)), script)
    assert (ended.kind, ended.exit) == ("exited", 0), ended
    assert (work.path / "out/name").read_bytes() == Path("/etc/hostname").read_bytes()
    assert work.names() == {"out", "out/name", "out/made"}
    assert not Path("/var", "tmp", "made-inside").exists()
    assert ended.launch["filesystem"] == "full"


def test_without_the_key_nothing_of_it_is_seen(work: Any, spec: Any) -> None:
    assert work.sh(spec(), "cat /etc/hostname").exit == 1
    assert work.sh(spec(), "ls /var").exit != 0


def test_services_of_the_host_and_its_temporary_files_are_not_seen(work: Any, spec: Any) -> None:
    held = work.path.parent / f"{work.path.name}-beside"
    held.write_text("SECRET-CANARY")
    try:
        ended = work.sh(_whole(spec), f"ls -A /run; cat {held}; true")
    finally:
        held.unlink()
    assert ended.kind == "exited"
    assert ended.stdout.split() == ["home"]


def test_the_workspace_is_seen_where_the_private_folder_would_cover_it(
    work: Any, spec: Any
) -> None:
    work.write("a.txt", "here")
    assert is_covered(str(work.path), ())
    ended = work.sh(_whole(spec), "cat a.txt; ! touch b.txt 2>/dev/null")
    assert (ended.exit, ended.stdout) == (0, "here")


@pytest.mark.parametrize("block", ["./keys/**", "./deep/*/key", "**/blocked/**"])
def test_what_is_blocked_is_hidden(work: Any, spec: Any, block: str) -> None:
    for name in ("keys/a", "deep/one/key", "x/blocked/a"):
        work.write(name, "SECRET-CANARY")
    work.write("free", "free")
    hidden = (block,) if not block.startswith("**/") else (f"./{block}",)
    ended = work.sh(
        _whole(spec, block=hidden), "cat free; cat keys/a deep/one/key x/blocked/a 2>/dev/null"
    )
    shown = ended.stdout.removeprefix("free").count("SECRET-CANARY")
    assert (ended.kind, shown) == ("exited", 2), ended


def test_secrets_of_home_are_hidden(user_work: Any, root_work: Any, spec: Any) -> None:
    del user_work
    home = root_work.path / "home"
    seen = root_work.write("home/.ssh/id", "SECRET-CANARY")
    root_work.write("home/plain", "plain")
    found = list(
        named(
            _whole(spec).plan,
            Roots(str(root_work.path / "elsewhere"), str(home)),
            Identity(root_work.owner, root_work.owner, str(home), drop=True),
            (),
            NOWHERE,
        )
    )
    assert str(seen.parent) in [one.path for one in found]
    assert str(home / "plain") not in [one.path for one in found]


def test_homes_of_others_are_looked_up_as_well(spec: Any, monkeypatch: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".ssh").mkdir(parents=True)
    me = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(pwd, "getpwall", lambda: [pwd.struct_passwd((*me[:5], str(other), me[6]))])
    identity = Identity(me.pw_uid, me.pw_gid, None, drop=False)
    roots = Roots(str(tmp_path / "w"), None)
    assert str(other / ".ssh") in {
        one.path for one in named(_whole(spec).plan, roots, identity, (), NOWHERE)
    }
    # What the command's user cannot come to needs no mask, and could have none.
    other.chmod(0)
    stranger = Identity(me.pw_uid + 1, me.pw_gid + 1, None, drop=True)
    assert str(other / ".ssh") not in {
        one.path for one in named(_whole(spec).plan, roots, stranger, (), NOWHERE)
    }


def test_only_patterns_with_wildcards_are_walked_for(spec: Any, tmp_path: Path) -> None:
    roots = Roots(str(tmp_path), None)
    assert tops_of(_whole(spec, block=("./a/**", "./b")).plan, roots) <= {"/etc/ssh"}
    assert str(tmp_path) in tops_of(_whole(spec, block=("./*.pem/**",)).plan, roots)
    assert "/" in tops_of(_whole(spec, block=("/**/x/**",)).plan, roots)
    folded = _whole(spec, block=("./a/**",)).changed(fold=True).plan
    assert str(tmp_path) in tops_of(folded, roots)


def test_all_of_the_host_is_walked_for_sockets_that_may_be_connected_to(
    spec: Any, tmp_path: Path
) -> None:
    roots = Roots(str(tmp_path), None)
    assert "/" in tops_of(_whole(spec, unix_sockets=True).plan, roots)
    assert "/" not in tops_of(_whole(spec).plan, roots)


def test_what_the_sandbox_has_of_its_own_covers_the_hosts() -> None:
    for top in COVERED:
        assert is_covered(f"{top}/x", ())
        assert not is_covered(f"{top}/w/x", (f"{top}/w",))
    assert not is_covered("/srv/x", ())


def test_git_of_a_writable_folder_stays_frozen(work: Any, spec: Any) -> None:
    work.write(".git/config", "[core]\n")
    ended = work.sh(
        _whole(spec, write=("./**",)),
        "! echo x >> .git/config && ! mv .git g && touch made",
    )
    assert ended.exit == 0, ended
    assert (work.path / ".git/config").read_text() == "[core]\n"


def test_writes_are_still_judged_afterwards(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(
        _whole(spec, write=("./out/**",), extensions=(".md",)), "touch out/a.md out/b.sh"
    )
    assert (ended.kind, work.names() & {"out/a.md", "out/b.sh"}) == (
        "policy_violation",
        {"out/a.md"},
    )
