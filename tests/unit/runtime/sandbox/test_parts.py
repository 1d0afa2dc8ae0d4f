"""The parts of a launch that need no launch."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import Environment, Limits, SandboxPlan, Variable
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import parse_path, parse_path_rule, path_matches
from wilkc.runtime.sandbox import probe, resolve
from wilkc.runtime.sandbox.descriptors import Descriptors
from wilkc.runtime.sandbox.environment import environment
from wilkc.runtime.sandbox.groups import Group
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.limits import starter
from wilkc.runtime.sandbox.matching import literal_path, matcher
from wilkc.runtime.sandbox.mountinfo import MountPoint, difference, expected, parse, strayed
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.outcome import Outcome
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import make_missing, open_real, remove_made
from wilkc.runtime.sandbox.seal import filter_bytes
from wilkc.runtime.sandbox.view import Bind, Mask, Static, View
from wilkc.runtime.sandbox.walk import Lookout, survey

if TYPE_CHECKING:
    from pathlib import Path

ROOTS = Roots("/srv/w", "/home/dev")
IDENTITY = Identity(1000, 1000, None, drop=False)


@pytest.mark.parametrize(
    ("roots", "real", "names"),
    [
        (ROOTS, "/srv/w", (".", "/srv/w")),
        (ROOTS, "/srv/w/a/b", ("./a/b", "/srv/w/a/b")),
        (ROOTS, "/srv/w2", ("/srv/w2",)),
        (ROOTS, "/home/dev/x", ("~/x", "/home/dev/x")),
        (ROOTS, "/etc", ("/etc",)),
        (ROOTS, "/", ("/",)),
        (Roots("/home/dev/w", "/home/dev"), "/home/dev/w/a", ("./a", "~/w/a", "/home/dev/w/a")),
        (Roots("/home", "/home/dev"), "/home/dev/a", ("~/a", "./dev/a", "/home/dev/a")),
        (Roots("/home/dev", "/home/dev"), "/home/dev/a", ("./a", "~/a", "/home/dev/a")),
        (Roots("/srv/w", None), "/home/dev/x", ("/home/dev/x",)),
        (Roots("/srv/w", "/"), "/.ssh/id", ("/.ssh/id", "~/.ssh/id")),
        (Roots("/srv/w", "/"), "/srv/w/a", ("./a", "/srv/w/a", "~/srv/w/a")),
        (Roots("/srv/w", "/"), "/", ("/", "~")),
    ],
)
def test_names_of_a_real_path(roots: Roots, real: str, names: tuple[str, ...]) -> None:
    assert roots.names(real) == names
    assert roots.real(names[0]) == real


@pytest.mark.parametrize("name", ["a\nb", "a\x7f", "cafe\u0301", "\udcff", "a\x00"])
def test_paths_without_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ROOTS.names(f"/srv/w/{name}")


PATTERNS = [
    "./src/**", "./src/**/*.ts", ".env*", "**/.git/**", "~/.aws", "/etc/**/*.conf", "./a?c/[x-z]",
    "./[!a]b", "*.md", "./**", "~/**", "/**/x", "./a/**/b/**/c", "{a,b}.txt", "./caf\u00e9",
]  # fmt: skip
PATHS = [
    ".", "./src", "./src/a.ts", "./src/d/b.ts", "./.env", "./x/.env.local", "./.git", "./a/.git/c",
    "~", "~/.aws", "~/.aws/k", "/etc/a.conf", "/etc/x/y.conf", "/", "/x", "./abc/y", "./abc/w",
    "./bb", "./ab", "./a.md", "./d/a.md", "./a/b/c", "./a/1/b/2/c", "./a.txt", "./caf\u00e9",
    "/z/x",
]  # fmt: skip


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
@pytest.mark.parametrize("text", PATTERNS)
def test_the_walk_matches_as_the_language_does(text: str, effect: str) -> None:
    expression = matcher([text], effect, fold=False)
    patterns = parse_path_rule(text, effect)
    for path in PATHS:
        wanted = any(path_matches(one, parse_path(path)) for one in patterns)
        assert bool(expression.fullmatch(path)) == wanted, path


def test_no_pattern_matches_nothing() -> None:
    assert not matcher([], BLOCK, fold=False).fullmatch(".")


@pytest.mark.parametrize(
    ("text", "path"),
    [("./a/b/**", "./a/b"), ("~/.aws/**", "~/.aws"), ("/etc/x/**", "/etc/x"), ("./**", None),
     ("./a*/**", None), ("./**/a/**", None), (".env", None)],
)  # fmt: skip
def test_literal_blocks(text: str, path: str | None) -> None:
    assert literal_path(text) == path


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("exited", 0, 0), ("exited", 118, 118), ("exited", 119, 119), ("exited", 120, 119),
        ("exited", 127, 119), ("exited", 128, 128), ("exited", 137, 137), ("denied", None, 121),
        ("sandbox_failed", None, 120), ("limit", 137, 122), ("timeout", None, 123),
        ("policy_violation", 0, 124), ("cleanup_failed", 0, 124), ("not_found", None, 127),
    ],
)  # fmt: skip
def test_exit_statuses(kind: Any, code: int | None, status: int) -> None:
    assert Outcome(kind, code).status == status


def test_the_environment_is_what_the_policy_lets_through() -> None:
    caller = {"LC_ALL": "C", "LD_PRELOAD": "x", "TOKEN": "x", "HOME": "/root", "GIT_DIR": "x"}
    plan = Environment(("*",), ("TOKEN",), (Variable("PYTHONPATH", "lib"), Variable("A", "b")))
    given = dict(environment(plan, caller, "/home/dev"))
    assert given["LC_ALL"] == "C"
    assert given["HOME"] == "/home/dev"
    assert (given["PYTHONPATH"], given["A"]) == ("lib", "b")
    assert not {"LD_PRELOAD", "TOKEN", "GIT_DIR"} & set(given)


@pytest.mark.parametrize(
    "name",
    [
        "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "GLIBC_TUNABLES", "BASH_FUNC_ls%%", "ZDOTDIR", "PS4",
        "PROMPT_COMMAND", "PYTHONSTARTUP", "NODE_PATH", "NODE_OPTIONS", "PERLLIB", "RUBYLIB",
        "PHPRC", "PHP_INI_SCAN_DIR", "LUA_INIT_5_4", "LUA_PATH", "R_PROFILE", "CLASSPATH",
        "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "npm_config_script_shell", "NPM_CONFIG_SCRIPT_SHELL",
        "TAR_OPTIONS", "RIPGREP_CONFIG_PATH", "LESSOPEN", "PAGER", "MANPAGER", "EDITOR", "VISUAL",
        "MAKEFLAGS", "RUSTC_WRAPPER", "SSH_AUTH_SOCK", "DOCKER_HOST",
    ],
)  # fmt: skip
def test_what_leads_programs_comes_with_the_policys_value_alone(name: str) -> None:
    caller = {name: "caller", "NODE_ENV": "test", "CI": "1", "CARGO_HOME": "x"}
    given = dict(environment(Environment(("*",), (), ()), caller, "/h"))
    assert name not in given
    assert (given["NODE_ENV"], given["CI"], given["CARGO_HOME"]) == ("test", "1", "x")
    policys = Environment((), (), (Variable(name, "policy"),))
    assert dict(environment(policys, caller, "/h"))[name] == "policy"


def test_a_block_takes_no_protection_away() -> None:
    plan = Environment(("A",), ("*",), (Variable("B", "c"),))
    given = dict(environment(plan, {"A": "x"}, "/h"))
    assert not {"A", "B"} & set(given)
    assert given["GIT_CONFIG_COUNT"] == "3"
    assert given["PATH"]


def test_mount_tables_are_read() -> None:
    text = (
        b"66 42 0:41 / / ro,nosuid - tmpfs tmpfs rw\n"
        b"67 66 254:0 /a /srv/a\\040b rw,relatime shared:1 - ext4 /dev/vda rw\n"
        b"68 66 254:0 /a /srv/\xff\\012 ro - ext4 /dev/vda rw\n"
    )
    assert parse(text) == (
        MountPoint("/", read_only=True),
        MountPoint("/srv/a b", read_only=False),
        MountPoint("/srv/\udcff\n", read_only=True),
    )


def test_a_view_is_compared_with_what_is_mounted() -> None:
    view = View(
        (Static("bind", "/usr", "/usr"),), "/home/w", "/srv/w", 1, 1, (),
        binds=(Bind("/srv/w/out", "write", None, 1, 2, "r", 1),),
        masks=(Mask("/srv/w/out/.env", "hide_file"),),
    )  # fmt: skip
    host = (MountPoint("/srv/w/out/disk", read_only=False), MountPoint("/mnt", read_only=False))
    wanted = expected(view, host)
    assert difference(wanted, wanted) == ""
    assert MountPoint("/srv/w/out/disk", read_only=False) in wanted
    assert difference(wanted, (*wanted, MountPoint("/dev/null", read_only=False))) == ""
    assert "nothing asked" in difference(wanted, (*wanted, MountPoint("/mnt", read_only=True)))
    for number, one in enumerate(wanted):
        rest = (*wanted[:number], *wanted[number + 1 :])
        assert "not mounted" in difference(wanted, rest)
        turned = MountPoint(one.path, not one.read_only)
        assert difference(wanted, (*rest, turned)) != ""


def test_limits_before_the_start() -> None:
    words = starter(Limits(file_size=5, cpu_time_ms=1500, priority=1), Group(""), IDENTITY)
    assert words[0] == "/usr/bin/prlimit"
    assert {"--core=1", "--fsize=5", "--cpu=2"} <= set(words)
    assert words[-4:] == ("--", "/usr/bin/nice", "-n", "18")
    assert starter(Limits(), Group(""), IDENTITY)[-1] == "--"


def test_root_is_given_up_before_anything_else_starts() -> None:
    dropped = starter(Limits(), Group(""), Identity(1000, 1001, None, drop=True))
    own = starter(Limits(), Group(""), IDENTITY)
    assert dropped[:4] == (
        "/usr/bin/setpriv", "--reuid=1000", "--regid=1001", "--clear-groups",
    )  # fmt: skip
    assert dropped[4:] == ("--", *own)
    assert own[0] == "/usr/bin/prlimit"


@pytest.mark.parametrize("row", probe.ROWS, ids=lambda row: row.text[:30])
def test_every_known_failure_has_a_cause_and_a_cure(row: probe.Row) -> None:
    cause, fix = probe.explain(f"bwrap: {row.text}: something")
    assert (cause, fix) == (row.cause, row.fix)
    assert fix


def test_an_unknown_failure_says_so() -> None:
    assert probe.explain("bwrap: odd") == ("bubblewrap could not start", "")


def test_an_old_bubblewrap_is_refused() -> None:
    with pytest.raises(SandboxRefusedError, match="too old"):
        probe.require_features("--args --perms --size --json-status-fd")
    new = "--args --perms --size --json-status-fd --disable-userns"
    assert probe.require_features(new) is False
    assert probe.require_features(f"{new} --bind-fd --ro-bind-fd") is True


def test_no_filter_for_the_machine_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert filter_bytes(SandboxPlan())
    assert filter_bytes(SandboxPlan(seccomp=False)) is None
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(SandboxRefusedError, match="no system call filter for `vax`"):
        filter_bytes(SandboxPlan())


def test_the_gate_never_opens_by_itself() -> None:
    """A death of the shim must not be taken for leave to start the command."""
    with Descriptors() as fds:
        both, write = fds.gate()
        fds.close(write)
        ready, _, _ = select.select([both], [], [], 0.1)
        assert ready == []
        ended, other = fds.pipe()
        fds.close(other)
        assert select.select([ended], [], [], 0.1)[0] == [ended]


def test_links_on_the_way_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "away").symlink_to(tmp_path / "link" / "deep" / "..")
    for name, wanted in (("link/deep", "real/deep"), ("away", "real"), ("link/../link", "real")):
        opened = open_real(f"{tmp_path}/{name}")
        assert opened is not None
        os.close(opened.fd)
        assert opened.path == str(tmp_path / wanted)
        assert opened.directory
    assert open_real(f"{tmp_path}/none/x") is None
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(SandboxRefusedError, match="circle"):
        open_real(f"{tmp_path}/a")


def test_what_was_made_is_removed_only_if_empty(tmp_path: Path) -> None:
    told: list[list[str]] = []
    owner = {"uid": os.geteuid(), "gid": os.getegid()}
    made = make_missing(f"{tmp_path}/a/b/c", told.append, directory=False, **owner)
    assert told == [made]
    assert made == [f"{tmp_path}/a", f"{tmp_path}/a/b", f"{tmp_path}/a/b/c"]
    (tmp_path / "a/other").write_text("x")
    assert remove_made(made) == []
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"other"}
    (tmp_path / "full").write_text("x")
    remove_made([f"{tmp_path}/full"])
    assert (tmp_path / "full").exists()


def test_what_is_made_is_made_in_what_was_made_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command of another launch that writes there may put a link in the place of each."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    make = resolve._make

    def swapped(parent: int, name: str, *more: Any, **how: Any) -> Any:
        made = make(parent, name, *more, **how)
        if name == "a":
            (tmp_path / "a").rename(tmp_path / "moved")
            (tmp_path / "a").symlink_to(elsewhere)
        return made

    monkeypatch.setattr(resolve, "_make", swapped)
    owner = {"uid": os.geteuid(), "gid": os.getegid()}
    told: list[list[str]] = []
    made = make_missing(f"{tmp_path}/a/b/c", told.append, directory=False, **owner)
    assert told == [made]
    assert list(elsewhere.iterdir()) == []
    assert (tmp_path / "moved/b/c").is_file()


def test_what_stands_in_the_way_is_not_touched(tmp_path: Path) -> None:
    owner = {"uid": os.geteuid(), "gid": os.getegid()}
    (tmp_path / "a").write_text("kept")
    with pytest.raises(SandboxRefusedError, match="Not a directory"):
        make_missing(f"{tmp_path}/a/b", lambda _: None, directory=False, **owner)

    def meanwhile(_: list[str]) -> None:
        (tmp_path / "n").write_text("kept")

    with pytest.raises(SandboxRefusedError, match="File exists"):
        make_missing(f"{tmp_path}/n", meanwhile, directory=False, **owner)
    assert (tmp_path / "a").read_text() == (tmp_path / "n").read_text() == "kept"


def test_a_walk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / str(number)).touch()
    lookout = Lookout(Roots(str(tmp_path), None), IDENTITY, matcher(["1*"], BLOCK, fold=False))
    found = survey([(str(tmp_path), True)], lookout)
    assert (found.entries, len(found.stamps)) == (20, 20)
    assert len(found.hidden) == 11
    monkeypatch.setattr("wilkc.runtime.sandbox.walk.MAX_ENTRIES", 19)
    with pytest.raises(SandboxRefusedError, match="more than 19 entries"):
        survey([(str(tmp_path), True)], lookout)


def test_a_walk_does_not_enter_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "node_modules/x").mkdir(parents=True)
    lookout = Lookout(
        Roots(str(tmp_path), None), IDENTITY, matcher(["node_modules"], BLOCK, fold=False)
    )
    assert survey([(str(tmp_path), False)], lookout).entries == 1


def test_what_is_bound_onto_itself_must_show_itself() -> None:
    """bubblewrap finds it by path, which a command of another launch may have turned elsewhere."""
    view = View(
        (), "/home/w", "/srv/w", 1, 1, (),
        binds=(Bind("/srv/w/out", "write", None, 1, 2, "r", 1),),
        pins=("/srv/w/out/n", "/srv/w/out/n/disk/x"),
        masks=(Mask("/srv/w/out/n/a", "freeze"), Mask("/srv/w/out/n/b", "hide_file")),
    )  # fmt: skip
    lines = [
        b"60 1 0:41 / / ro - tmpfs tmpfs rw",
        b"61 60 254:0 /root/srv/w/out /srv/w/out rw - ext4 /dev/vda rw",
        b"62 61 254:9 / /srv/w/out/n/disk rw - ext4 /dev/vdb rw",
        b"63 61 254:0 /root/srv/w/out/n /srv/w/out/n rw - ext4 /dev/vda rw",
        b"64 63 254:9 / /srv/w/out/n/disk rw - ext4 /dev/vdb rw",
        b"65 64 254:9 /x /srv/w/out/n/disk/x rw - ext4 /dev/vdb rw",
        b"66 63 254:0 /root/srv/w/out/n/a /srv/w/out/n/a ro - ext4 /dev/vda rw",
        b"67 63 0:5 /null /srv/w/out/n/b ro - devtmpfs udev rw",
    ]
    assert strayed(view, b"\n".join(lines)) == ""
    for number, other in [
        (3, b"63 61 254:0 /root/home/dev /srv/w/out/n rw - ext4 /dev/vda rw"),
        (3, b"63 61 254:9 /root/srv/w/out/n /srv/w/out/n rw - ext4 /dev/vdb rw"),
        (5, b"65 64 254:9 / /srv/w/out/n/disk/x rw - ext4 /dev/vdb rw"),
        (6, b"66 63 254:0 /root/home/dev/.ssh/id /srv/w/out/n/a ro - ext4 /dev/vda rw"),
    ]:
        text = b"\n".join([*lines[:number], other, *lines[number + 1 :]])
        assert "is something else" in strayed(view, text)
    assert "is not mounted" in strayed(view, b"\n".join(lines[:6]))
