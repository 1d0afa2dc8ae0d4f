"""Keys, the record and the specs of a call that lie in a workspace: no command gets at them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

import wilkc
from wilkc.runtime.guard.held import held_by
from wilkc.runtime.sandbox import Held
from wilkc.runtime.sandbox.own import own_places

CANARY = "SECRET-CANARY"
ALL = {"read": ("./**",), "write": ("./**",)}
HIDDEN = ("log", "keys", "keys.provider", "opa.sock")
KEPT = ("policies", "bundle.tar.gz", "absent")


@pytest.fixture
def call(work: Any) -> Any:
    for name in ("log/seg-1", "keys/ring", "keys.provider", "opa.sock"):
        work.write(name, CANARY)
    for name in ("policies/a.yaml", "bundle.tar.gz", "free/a"):
        work.write(name, "before")
    return work


def _held(work: Any, **more: tuple[str, ...]) -> dict[str, list[str]]:
    given = {"hidden": HIDDEN, "kept": KEPT, **more}
    return {name: [f"{work.path}/{one}" for one in paths] for name, paths in given.items()}


@pytest.mark.parametrize("rules", ["writable", "readable", "full"])
def test_what_is_hidden_is_neither_read_nor_changed(call: Any, spec: Any, rules: str) -> None:
    plan = spec(**(ALL if rules != "readable" else {"read": ("./**",)}))
    if rules == "full":
        # Outside of what a full view covers by directories of its own nothing can be made here.
        plan = plan.changed(filesystem="full", level="minimal")
    script = "; ".join(
        f"cat {one} {one}/*; echo x > {one}; echo x > {one}/new; mv {one} {one}.x; rm -rf {one}"
        for one in HIDDEN
    )
    ended = call.sh(plan, f"{script}; cat free/a", held=_held(call))
    assert (ended.kind, ended.stdout) == ("exited", "before"), ended.message
    for name in ("log/seg-1", "keys/ring", "keys.provider", "opa.sock"):
        assert (call.path / name).read_text() == CANARY
    assert len(list((call.path / "log").iterdir())) == 1


def test_what_is_kept_is_read_and_not_changed(call: Any, spec: Any) -> None:
    script = (
        "cat policies/a.yaml; echo x > policies/a.yaml; echo x > policies/b.yaml;"
        " mv policies p; rm bundle.tar.gz; mkdir absent; mkdir -p absent/opa; echo y > free/a"
    )
    before = call.names()
    ended = call.sh(spec(**ALL), script, held=_held(call))
    assert (ended.kind, ended.stdout) == ("exited", "before"), ended.message
    assert call.names() == before
    assert (call.path / "policies/a.yaml").read_text() == "before"
    assert (call.path / "free/a").read_text() == "y\n"


@pytest.mark.parametrize("name", ["keys/ring", "keys.provider", "log/*"])
def test_no_rule_shows_what_is_hidden(call: Any, spec: Any, name: str) -> None:
    how = "each" if "*" in name else "files"
    rules = spec(**{how: (f"./{name}", "./free/a")})
    ended = call.sh(rules, f"cat {name}; cat free/a", held=_held(call))
    assert (ended.kind, ended.stdout) == ("exited", "before"), ended.message


@pytest.mark.parametrize(
    "rules",
    [
        {"write": ("./policies/**",)}, {"write_files": ("./policies/a.yaml",)},
        {"write_each": ("./policies/*",)}, {"write_each": ("./**",)},
    ],
)  # fmt: skip
def test_no_rule_makes_what_is_kept_writable(call: Any, spec: Any, rules: Any) -> None:
    script = "echo x > policies/a.yaml; echo x > policies/b.yaml"
    ended = call.sh(spec(**rules), script, held=_held(call))
    assert ended.kind == "exited", ended.message
    assert (call.path / "policies/a.yaml").read_text() == "before"
    assert not (call.path / "policies/b.yaml").exists()


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"hidden": (".",)}, "holds the workspace"),
        ({"kept": ("..",)}, "holds the workspace"),
        ({"hidden": ("link/keys",)}, "link"),
        ({"kept": ("link",)}, "link"),
        ({"journalled": ("rates.db",)}, "journal"),
    ],
)
def test_what_no_mask_keeps_is_refused(call: Any, spec: Any, held: Any, why: str) -> None:
    (call.path / "link").symlink_to("free")
    call.write("rates.db", CANARY)
    ended = call.sh(spec(**ALL), "touch ran", held=_held(call, **held))
    assert (ended.status, ended.detail) == (120, "sandbox.precondition")
    assert why in ended.message
    assert not (call.path / "ran").exists()


def test_counts_of_hits_may_lie_where_nothing_is_written(call: Any, spec: Any) -> None:
    call.write("rates.db", CANARY)
    call.write("rates.db-wal", CANARY)
    rules = spec(read=("./**",), write=("./free/**",))
    held = _held(call, journalled=("rates.db",))
    ended = call.sh(rules, "cat rates.db rates.db-wal; cat free/a", held=held)
    assert (ended.kind, ended.stdout) == ("exited", "before"), ended.message


def test_wilks_own_programs_are_kept() -> None:
    own = own_places(os.geteuid()).of_call(Held())
    assert own.keeps(os.path.realpath(wilkc.__file__))
    if sys.prefix != sys.base_prefix:
        assert own.keeps(f"{sys.prefix}/bin/python")
    assert not own.keeps("/srv/w")


class _Log:
    places = (Path("/srv/w/log"), Path("/srv/w/keys"))


class _Counts:
    path = Path("/srv/w/rates.db")


def test_a_guard_knows_its_own() -> None:
    held = held_by(Path("/srv/w/opa.sock"), _Log(), _Counts())  # type: ignore[arg-type]
    assert held.journalled == ("/srv/w/rates.db",)
    assert {"/srv/w/opa.sock", "/srv/w/status.sock", "/srv/w/log", "/srv/w/keys"} == {*held.hidden}
    bare = held_by(Path("/srv/w/opa.sock"), object(), None)  # type: ignore[arg-type]
    assert not bare.journalled
