"""Tasks of Deno: which flags are its own, what becomes of each, and which tasks are refused."""

from __future__ import annotations

import json

import pytest

from wilkc.core.errors import UsageError
from wilkc.importers import Draft, import_rules


def deno(flags: str) -> Draft:
    return deno_task(f"deno run {flags}")


def deno_task(text: str) -> Draft:
    return import_rules("deno", {"deno.json#t": json.dumps({"tasks": {"t": text}}).encode()})


def entries(draft: Draft, name: str) -> list[str]:
    return list(draft.entries.get(name, {}))


@pytest.mark.parametrize(
    ("flags", "name", "expected"),
    [
        ("--allow-read=./a,b", "filesystem.read", ["./a/**", "./b/**"]),
        ("-W=/srv/", "filesystem.write", ["/srv/**"]),
        ("-R=.", "filesystem.read", ["./**"]),
        ("--deny-write=a", "filesystem.metadata.blocked_paths", ["./a"]),
        ("-N=X.org,y.org:443", "network.allowed_hosts", ["x.org", "y.org"]),
        ("-N=10.0.0.5", "network.allowed_hosts", ["10.0.0.5"]),
        ("--deny-net=x.org:80", "network.blocked_hosts", ["x.org"]),
        ("--allow-run=git", "shell.allowed_commands", ["git *"]),
        ("--deny-run=/bin/rm", "shell.blocked_commands", ["rm"]),
    ],
)
def test_flags_of_deno(flags: str, name: str, expected: list[str]) -> None:
    draft = deno(flags)
    assert (entries(draft, name), draft.notes) == (expected, [])


@pytest.mark.parametrize(
    "flags",
    ["-A", "--allow-read", "-N", "--allow-net=x.org:80", "--allow-run", "-E=HOME", "-R=a*b",
     "-N=private", "-N=10.0.0.0/8", "-N=10.0.0.5/32",
     "--allow-ffi", "--allow-everything", "-R='$HOME'", "-R=~/a", "-R=a,,b", "-R='`x`'"],
)  # fmt: skip
def test_flags_that_allow_what_cannot_be_said(flags: str) -> None:
    draft = deno(flags)
    assert draft.document("a") == "agent: 'a'\npermissions: {}\n"
    assert draft.notes


@pytest.mark.parametrize(
    "task",
    [
        "deno run {} main.ts",
        "deno serve --port 80 -c deno.json --ext=ts --unstable-kv -q {} main.ts",
        "deno test --no-check {} tests a.ts -- --x",
        "deno bench {}",
    ],
)
def test_flags_before_the_script_are_those_of_deno(task: str) -> None:
    draft = deno_task(task.format("--allow-read=a"))
    assert (set(draft.entries), draft.notes) == ({"filesystem.read"}, [])


@pytest.mark.parametrize(
    "behind",
    [
        "main.ts {}", "-- main.ts {}", "-- {}", "- {}", "-c deno.json main.ts {}", "'' {}",
        "main.ts '&' '#' {}",
    ],
)  # fmt: skip
def test_flags_behind_the_script_are_its_own_and_told(behind: str) -> None:
    foreign = ["--allow-write=b", "-N=evil.org", "--deny-read=a"]
    draft = deno_task("deno run --allow-read=a " + behind.format(" ".join(foreign)))
    assert {name: list(some) for name, some in draft.entries.items()} == {
        "filesystem.read": ["./a/**"]
    }
    shown = ["--allow-write=b", "--allow-net=evil.org", "--deny-read=a"]
    assert [note.text for note in draft.notes] == shown
    assert {"behind the script" in note.why for note in draft.notes} == {True}


@pytest.mark.parametrize(
    "task",
    [
        "vite --allow-read=/srv", "npm run --allow-read=a m.ts", "deno",
        "deno --allow-read=a main.ts", "deno fmt --allow-read=a",
        "deno eval --allow-read=a x", "x deno run --allow-read=a m.ts", "A=b deno run -R=a m.ts",
        "cd sub && deno run --allow-read=. main.ts && echo --allow-run=git",
        *(
            f"deno run --allow-read=a m.ts {text}"
            for text in (
                "# --allow-write=b", "| x", "; x", "& x", "> x", "< x", "(x)", "`x`", "$X",
                '"$X"', '"`x`"', "\\\n--allow-write=b", "\n--allow-write=b", "\r", '"a\\" #"',
            )
        ),
        # Each may deny something, or take the next word.
        *(
            f"deno run {flag} --allow-read=a m.ts"
            for flag in (
                "$X", "-P", "-P=x", "--permission-set=x", "--new", "--new=x", "--lock", "-RW",
                "-cx", "--filter", "---", "--deny", "--deny-Read=a",
            )
        ),
        "deno run --allow-read=a t",
        "deno run --allow-read=a -- t",
        "deno test --allow-read=a tests --deny-read=a/b",
        "deno bench --allow-read=a x.ts -q -- y",
    ],
)  # fmt: skip
def test_a_task_that_is_not_one_run_of_deno_is_refused(task: str) -> None:
    with pytest.raises(UsageError):
        deno_task(task)


def test_what_is_ignored_is_denied() -> None:
    draft = deno("--allow-read=a --ignore-read=a/b --ignore-env")
    assert entries(draft, "filesystem.metadata.blocked_paths") == ["./a/b"]


@pytest.mark.parametrize(
    "flags",
    [
        "--deny-read", "--deny-read=a*", "--deny-read=../x", "--deny-read=", "--deny-all",
        "--deny-read='$HOME/.ssh'", "--deny-read='`x`'", "--deny-read=~/.ssh", "--deny-read=a,,b",
        "--ignore-read", "--ignore-all",
    ],
)  # fmt: skip
def test_denials_of_deno_that_cannot_be_said(flags: str) -> None:
    draft = deno(f"--allow-read=./a {flags}")
    assert "./a" not in draft.document("a")
