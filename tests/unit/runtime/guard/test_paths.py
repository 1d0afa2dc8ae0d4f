"""Paths are what the kernel would make of them, or refused; never what they look like."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.plan import decide
from wilkc.runtime.guard.canonical import canonical
from wilkc.runtime.guard.paths import locate
from wilkc.runtime.guard.roots import roots_of
from wilkc.runtime.sandbox.names import Roots


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    """A home with a workspace in it, and things to stumble over."""
    home = tmp_path / "home"
    work = home / "site"
    (work / "src" / "deep").mkdir(parents=True)
    (work / "src" / "a.ts").write_text("12345")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_text("s")
    (work / "link").symlink_to("src")
    (work / "away").symlink_to(tmp_path / "out")
    (work / "up").symlink_to("../..")
    (work / "dangling").symlink_to(tmp_path / "out" / "new")
    (work / "circle").symlink_to("circle")
    (work / "chain0").symlink_to("src")
    for number in range(1, 45):
        (work / f"chain{number}").symlink_to(f"chain{number - 1}")
    return Roots(os.path.realpath(work), os.path.realpath(home))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("src/a.ts", "./src/a.ts"),
        ("./src/a.ts", "./src/a.ts"),
        (".", "."),
        ("./", "."),
        ("src/", "./src"),
        ("src/.", "./src"),
        ("src//a.ts", "./src/a.ts"),
        ("src/deep/../a.ts", "./src/a.ts"),
        ("link/a.ts", "./src/a.ts"),
        ("link/deep/../a.ts", "./src/a.ts"),
        ("chain40/a.ts", None),
        ("chain39/a.ts", "./src/a.ts"),
        ("new/file", "./new/file"),
        ("link/new/file", "./src/new/file"),
        ("~", "~"),
        ("~/other", "~/other"),
        ("~/site/src/a.ts", "./src/a.ts"),
        ("../other", "~/other"),
        ("~bob/x", "./~bob/x"),
        ("up/home/site/src", "./src"),
        ("circle", None),
        ("circle/x", None),
        ("src/a.ts/", None),
        ("src/a.ts/.", None),
        ("src/a.ts/..", None),
        ("src/a.ts/x", None),
        ("new/../src/a.ts", None),
        ("", None),
        ("a\0b", None),
        ("a\nb", None),
        ("a\u0301", None),
        ("x" * 5000, None),
        ("x" * 300, None),
    ],
)
def test_a_path(roots: Roots, text: str, name: str | None) -> None:
    if name is not None:
        assert locate(text, roots).names[0] == name
        return
    with pytest.raises(RequestError) as caught:
        locate(text, roots)
    assert caught.value.detail in {"path_not_canonical", "path_unresolvable"}


def test_a_link_leads_out_of_the_workspace(roots: Roots, tmp_path: Path) -> None:
    out = os.path.realpath(tmp_path / "out")
    assert locate("away/secret", roots).real == f"{out}/secret"
    assert locate("away/secret", roots).names == (f"{out}/secret",)
    # `..` after a link is the parent of its target.
    assert locate("away/..", roots).real == str(Path(out).parent)
    # Writing to a link that leads nowhere makes what it names.
    assert locate("dangling", roots).real == f"{out}/new"
    assert locate("dangling", roots).status is None


def test_a_path_goes_by_its_deepest_root_and_has_its_other_names(roots: Roots) -> None:
    found = locate("src/a.ts", roots)
    assert found.names == ("./src/a.ts", "~/site/src/a.ts", f"{roots.workspace}/src/a.ts")
    assert found.regular
    assert not found.directory


@pytest.mark.parametrize("text", ["~/x", "src/a.ts", "/etc/passwd"])
def test_without_a_home_no_path_is_judged(roots: Roots, text: str) -> None:
    with pytest.raises(RequestError, match="no home") as caught:
        locate(text, Roots(roots.workspace, None))
    assert caught.value.detail == "path_unresolvable"
    assert locate(text, roots).names


@pytest.mark.parametrize(
    ("directory", "home"), [("/", "/"), ("/nonexistent", "/nonexistent"), ("", None)]
)
def test_the_home_is_what_the_user_database_says(
    roots: Roots, monkeypatch: pytest.MonkeyPatch, directory: str, home: str | None
) -> None:
    entry = pwd.struct_passwd(("u", "x", 1, 1, "", directory, "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    assert roots_of(roots.workspace, None).home == home


def test_a_user_whom_the_database_does_not_know_names_a_home(
    roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert roots_of(roots.workspace, None).home is None
    assert roots_of(roots.workspace, roots.home).home == roots.home


def test_everything_is_at_home_where_the_home_is_the_top(roots: Roots) -> None:
    found = locate("/etc/hostname", Roots(roots.workspace, "/"))
    assert found.names == ("/etc/hostname", "~/etc/hostname")


def test_what_cannot_be_looked_into_is_refused(roots: Roots, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root looks into everything; a child that is nobody does not.
        child = os.fork()
        if child == 0:
            code = 1
            try:
                tmp_path.chmod(0o000)
                os.setgid(65534)
                os.setuid(65534)
                locate("src/a.ts", roots)
            except RequestError as error:
                code = 0 if error.detail == "path_unresolvable" else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        tmp_path.chmod(0o700)
        return
    tmp_path.chmod(0o000)
    with pytest.raises(RequestError) as caught:
        locate("src/a.ts", roots)
    tmp_path.chmod(0o700)
    assert caught.value.detail == "path_unresolvable"


def _file(roots: Roots, text: str, action: str = "read", **properties: object) -> Request:
    return canonical(Request("a", action, "file", text, properties), roots)[0]


def test_what_is_there_is_said(roots: Roots) -> None:
    assert _file(roots, "src/a.ts").properties["size"] == 5
    assert _file(roots, "src/a.ts", size=3).properties["size"] == 5
    assert _file(roots, "src/a.ts", size=9).properties["size"] == 9
    assert "size" not in _file(roots, "src/a.ts", "write").properties
    assert "size" not in _file(roots, "src/new.ts").properties
    assert _file(roots, "src").properties["directory"] is True
    assert _file(roots, "new", "write", directory=True).properties["directory"] is True


@pytest.mark.parametrize(
    ("text", "properties", "detail"),
    [
        ("src", {"directory": False}, "directory_contradicted"),
        ("src/a.ts", {"directory": True}, "directory_contradicted"),
        ("src/a.ts", {"aliases": []}, "reserved_property"),
    ],
)
def test_what_the_host_knows_better_is_refused(
    roots: Roots, text: str, properties: dict[str, Any], detail: str
) -> None:
    with pytest.raises(RequestError) as caught:
        _file(roots, text, **properties)
    assert caught.value.detail == detail


def _shell(roots: Roots, *argv: str, **context: object) -> Request:
    asked = Request("a", "execute", "shell", " ".join(argv), {"argv": list(argv)}, dict(context))
    return canonical(asked, roots)[0]


@pytest.fixture
def script(roots: Roots) -> str:
    """A script below `src`, seen from the workspace."""
    Path(roots.workspace, "src", "go.sh").write_text("#!/usr/bin/env bash\n", encoding="ascii")
    return "./src/go.sh"


def test_a_script_names_its_interpreter(roots: Roots, script: str) -> None:
    assert _shell(roots, script).properties["interpreter"] == "bash"
    assert "interpreter" not in _shell(roots, "ls").properties
    assert _shell(roots, "./go.sh", cwd="src").properties["interpreter"] == "bash"


@pytest.mark.parametrize("argv", [("timeout", "5", "./src/go.sh"), ("env", "./src/go.sh")])
def test_a_script_inside_a_wrapper_is_refused(
    roots: Roots, script: str, argv: tuple[str, ...]
) -> None:
    del script
    with pytest.raises(RequestError) as caught:
        _shell(roots, *argv)
    assert caught.value.detail == "script_inside_line"


def test_only_the_first_command_of_a_line_may_be_a_script(roots: Roots, script: str) -> None:
    line = Request("a", "execute", "shell", f"ls; {script}")
    with pytest.raises(RequestError) as caught:
        canonical(line, roots)
    assert caught.value.detail == "script_inside_line"


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (("bash", "src/go.sh"), ("./src/go.sh", "~/site/src/go.sh", "{W}/src/go.sh")),
        (("bash", "link/go.sh", "x"), ("./src/go.sh", "~/site/src/go.sh", "{W}/src/go.sh")),
        (("bash", "{W}/src/go.sh"), ("./src/go.sh", "~/site/src/go.sh", "{W}/src/go.sh")),
        (("link/go.sh",), ("./src/go.sh", "~/site/src/go.sh", "{W}/src/go.sh")),
        (("timeout", "5", "python3", "away/x.py"), ("{T}/out/x.py",)),
        (("python3", "~/x.py"), ("./~/x.py", "~/site/~/x.py", "{W}/~/x.py")),
    ],
)
def test_a_script_is_told_by_the_names_of_the_file(
    roots: Roots, script: str, tmp_path: Path, argv: tuple[str, ...], names: tuple[str, ...]
) -> None:
    del script
    places = {"W": roots.workspace, "T": os.path.realpath(tmp_path)}
    given = [word.format(**places) for word in argv]
    found = _shell(roots, *given).properties["scripts"]
    assert found == [[name.format(**places) for name in names]]
    assert _shell(roots, *given, cwd=".").properties["scripts"] == found


@pytest.mark.parametrize(
    "argv",
    [
        ("ls", "src/go.sh"), ("python3", "-c", "src/go.sh"), ("python3", "--version"), ("bash",),
        ("bash", "/run/wilk/code"),
    ],
)  # fmt: skip
def test_what_runs_no_script_of_the_host_names_none(
    roots: Roots, script: str, argv: tuple[str, ...]
) -> None:
    del script
    assert "scripts" not in _shell(roots, *argv).properties


@pytest.mark.parametrize(
    ("argv", "there"),
    [
        (("bash", "xzgrep"), False),
        (("timeout", "5", "sh", "go.sh"), False),
        (("bash", "dangling"), False),
        (("bash", "./xzgrep"), True),
        (("bash", "new/xzgrep"), True),
        (("bash", "go.sh"), True),
        (("python3", "x.py"), True),
        (("bash", "--version"), True),
    ],
)
def test_a_shell_looks_for_no_script_in_path(
    roots: Roots, script: str, argv: tuple[str, ...], there: bool
) -> None:
    del script
    cwd = "src" if "go.sh" in argv and there else "."
    if there:
        assert _shell(roots, *argv, cwd=cwd)
        return
    with pytest.raises(RequestError, match="would run one of `PATH`") as caught:
        _shell(roots, *argv, cwd=cwd)
    assert caught.value.detail == "path_unresolvable"


@pytest.mark.parametrize("name", ["interpreter", "scripts"])
def test_what_a_script_is_nobody_else_says(roots: Roots, name: str) -> None:
    asked = Request("a", "execute", "shell", "ls", {"argv": ["ls"], name: []})
    with pytest.raises(RequestError) as caught:
        canonical(asked, roots)
    assert caught.value.detail == "reserved_property"


ENTRIES = """
agent: a
permissions:
  filesystem:
    execute: [{execute}]
    metadata: {{blocked_paths: [{block}]}}
  shell: {{allowed_commands: ['python3 *', './scripts/s'], allowed_interpreters: [python3]}}
"""


@pytest.mark.parametrize(
    ("execute", "block", "argv", "allowed"),
    [
        ("./scripts/**", "./secret/**", ("python3", "./scripts/own.py"), True),
        ("./scripts/**", "./secret/**", ("python3", "./scripts/l.py"), False),
        ("./scripts/**", "./other/**", ("python3", "./scripts/l.py"), False),
        ("./**", "./other/**", ("python3", "./scripts/l.py"), True),
        ("./**", "./secret/**", ("./scripts/s",), False),
        ("./**", "./other/**", ("./scripts/s",), True),
        ("./**, '{W}/**'", "./secret/**", ("python3", "{W}/secret/x.py"), False),
        ("./**, '{W}/**'", "./other/**", ("python3", "{W}/secret/x.py"), True),
        ("./**", "'{W}/secret/**'", ("python3", "./secret/x.py"), False),
        ("./**", "~/site/secret/**", ("python3", "./secret/x.py"), False),
        ("./**", "~/site/other/**", ("python3", "./secret/x.py"), True),
    ],
)
def test_a_script_is_judged_as_the_file_that_it_is(
    roots: Roots, execute: str, block: str, argv: tuple[str, ...], allowed: bool
) -> None:
    work = Path(roots.workspace)
    for name in ("scripts", "secret"):
        (work / name).mkdir()
    (work / "secret/x.py").write_text("#!/usr/bin/env python3\n", encoding="ascii")
    (work / "scripts/own.py").write_text("", encoding="ascii")
    (work / "scripts/l.py").symlink_to("../secret/x.py")
    (work / "scripts/s").symlink_to("../secret/x.py")
    spec = ENTRIES.format(execute=execute, block=block).replace("{W}", str(work))
    plan = compile_sources({"a.yaml": spec.encode()}, read_library()).plan
    asked = _shell(roots, *(word.format(W=work) for word in argv))
    assert decide(plan, asked).allow == allowed


def test_a_working_directory_is_made_canonical(roots: Roots) -> None:
    assert _shell(roots, "ls", cwd="link/deep/..").context["cwd"] == "./src"
    for bad in ("src/a.ts", "missing", 5):
        with pytest.raises(RequestError):
            _shell(roots, "ls", cwd=bad)
