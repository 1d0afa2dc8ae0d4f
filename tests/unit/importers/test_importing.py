"""Other tools' rules: what becomes of each, what is told of it, and which files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.building import read_library
from wilkc.compiler import check, compile_sources
from wilkc.core.contract import Request
from wilkc.core.errors import UsageError
from wilkc.importers import SOURCES, Draft, import_rules
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[2] / "data" / "imports"
FILES = {"claude": "settings.json", "codex": "default.rules", "deno": "deno.json#start",
         "gemini": "gemini/settings.json", "openshell": "openshell.yaml"}  # fmt: skip


def claude(**rules: list[str]) -> Draft:
    return import_rules("claude", {"s.json": json.dumps({"permissions": rules}).encode()})


def codex(text: str) -> Draft:
    return import_rules("codex", {"x.rules": text.encode()})


def deno(flags: str) -> Draft:
    return deno_task(f"deno run {flags}")


def deno_task(text: str) -> Draft:
    return import_rules("deno", {"deno.json#t": json.dumps({"tasks": {"t": text}}).encode()})


def entries(draft: Draft, name: str) -> list[str]:
    return list(draft.entries.get(name, {}))


@pytest.mark.parametrize("source", SOURCES)
def test_whole_files(source: str, golden: Callable[[str, str], None]) -> None:
    name = FILES[source]
    data = (DATA / name.partition("#")[0]).read_bytes()
    draft = import_rules(source, {name: data})
    text = draft.document("imported")
    told = "".join(f"# {note.place}: `{note.text}`: {note.why}\n" for note in draft.notes)
    golden(f"imports/{source}.yaml", text + told)
    assert [one for one in check({"a.yaml": text.encode()}) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("rule", "name", "entry"),
    [
        ("Bash(git log:*)", "shell.allowed_commands", "git log *"),
        ("Bash(echo a?)", "shell.allowed_commands", r"echo a\?"),
        ("Read(**)", "filesystem.read", "./**"),
        ("Read(src/*.{a,b})", "filesystem.read", r"./src/*.\{a,b\}"),
        ("Read(~/notes/**)", "filesystem.read", "~/notes/**"),
        ("Edit(//srv/x)", "filesystem.write", "/srv/x"),
        ("WebFetch(domain:API.example.org)", "network.allowed_hosts", "api.example.org"),
        ("mcp__github__*", "tools.allowed", "mcp__github__*"),
    ],
)
def test_what_is_allowed(rule: str, name: str, entry: str) -> None:
    draft = claude(allow=[rule])
    assert (draft.entries, draft.notes) == ({name: {entry: "s.json permissions.allow[0]"}}, [])


@pytest.mark.parametrize(
    "rule",
    [
        "Bash", "Bash(*)", "Bash(ls*)", "Bash(a && b)", "Bash(echo 'a?')", "Bash(x > y)", "Read",
        "Read(/src/**)", "Read(!a)", "Read(a/../b)", "WebFetch", "WebFetch(domain:a.*.org)",
        "WebFetch(url:x)", "mcp__*", "*", "Task(x:y)", "Agent(a*)", "Write(x)", "no rule", "",
        # Words and addresses that stand for more here than the one host that they are there.
        "WebFetch(domain:private)", "WebFetch(domain:10.0.0.0/8)", "WebFetch(domain:10.0.0.1)",
        "Agent(a?)", "Agent({a,b})", "Agent([ab])", "Agent(a b)", "Read(.env )",
    ],
)  # fmt: skip
def test_what_is_allowed_and_cannot_be_said_is_left_out_and_told(rule: str) -> None:
    draft = claude(allow=[rule, "Bash(true)"])
    assert draft.entries == {"shell.allowed_commands": {"true": "s.json permissions.allow[1]"}}
    (note,) = draft.notes
    assert (note.place, note.text) == ("s.json permissions.allow[0]", rule)


@pytest.mark.parametrize("effect", ["deny", "ask"])
@pytest.mark.parametrize(
    ("rule", "name", "blocked"),
    [
        ("Bash(rm -rf *)", "shell.blocked_commands", ["rm -rf"]),
        ("Bash(git checkout -- x)", "shell.blocked_commands", ["git checkout -- x"]),
        ("Read(.env)", "filesystem.metadata.blocked_paths", ["**/.env"]),
        ("Edit(/a/**)", "filesystem.metadata.blocked_paths", ["**/a"]),
        ("Read(x{1,2})", "filesystem.metadata.blocked_paths", ["**/x{1,2}", r"**/x\{1,2\}"]),
        ("Read(//etc/**)", "filesystem.metadata.blocked_paths", ["/etc/**"]),
        ("WebFetch(domain:*.x.org)", "network.blocked_hosts", ["*.x.org"]),
        ("mcp__github", "tools.blocked", ["mcp__github", "mcp__github__*"]),
        ("Skill(name:x)", "tools.blocked", ["Skill"]),
        ("Read(.env )", "filesystem.metadata.blocked_paths", ["**/.env", "**/.env "]),
        (r"Read(.env\ )", "filesystem.metadata.blocked_paths", [r"**/.env\ "]),
        ("WebFetch(domain:10.0.0.0/8)", "network.blocked_hosts", ["10.0.0.0/8"]),
    ],
)
def test_what_is_denied_is_blocked_as_widely_or_more(
    effect: str, rule: str, name: str, blocked: list[str]
) -> None:
    draft = claude(**{effect: [rule]})
    assert (entries(draft, name), draft.notes) == (blocked, [])


@pytest.mark.parametrize(
    ("rule", "blocked", "shown"),
    [
        # There `*` goes over quotes, blanks and `--`.
        ("Bash(git * --force)", "git", "*"),
        ("Bash(npm run * --prod)", "npm run", "*"),
        ("Bash(curl http*x)", "curl", "http*x"),
        # Options that stand behind `--` are those of another program.
        ("Bash(npm run deploy -- --prod:*)", "npm run deploy", "--"),
        ("Bash(sudo -- rm -rf *)", "sudo", "--"),
    ],
)
def test_a_denial_that_is_cut_is_told(rule: str, blocked: str, shown: str) -> None:
    draft = claude(deny=[rule])
    assert entries(draft, "shell.blocked_commands") == [blocked]
    (note,) = draft.notes
    assert (note.place, note.text) == ("s.json permissions.deny[0]", rule)
    assert f"before `{shown}`" in note.why


@pytest.mark.parametrize("source", ["claude", "codex", "gemini"])
def test_a_denial_of_options_behind_two_dashes_denies_them(source: str) -> None:
    words = ["npm", "run", "deploy", "--", "--prod"]
    text = " ".join(words)
    draft = {
        "claude": lambda: claude(allow=["Bash(npm *)"], deny=[f"Bash({text}:*)"]),
        "codex": lambda: codex(
            'prefix_rule(pattern=["npm"])\n'
            f'prefix_rule(pattern={json.dumps(words)}, decision="forbidden")'
        ),
        "gemini": lambda: import_rules(
            "gemini",
            {"s.json": json.dumps(
                {"tools": {
                    "allowed": ["run_shell_command(npm)"],
                    "exclude": [f"run_shell_command({text})"],
                }}
            ).encode()},
        ),
    }[source]()  # fmt: skip
    denied = [note for note in draft.notes if "before `--`" in note.why]
    assert len(denied) == 1
    plan = compile_sources({"a.yaml": draft.document("a").encode()}, read_library()).plan

    def runs(*argv: str) -> bool:
        given = {"argv": list(argv)}
        return decide(plan, Request("a", "execute", "shell", " ".join(argv), {**given})).allow

    assert not runs(*words)
    assert not runs(*words, "--now")
    assert runs("npm", "run", "build")


@pytest.mark.parametrize(
    ("rule", "section"),
    [
        ("Bash", "shell"),
        ("Bash(l* x)", "shell"),
        ("Bash(* --force)", "shell"),
        ("Bash($X)", "shell"),
        ("Bash(run_in_background:true)", "shell"),
        ("Read", "filesystem"),
        ("Read(a/../b)", "filesystem"),
        ("Read(offset:5)", "filesystem"),
        ("WebFetch", "network"),
        ("WebFetch(domain:a.*.org)", "network"),
        ("Agent(Explore)", "agents"),
    ],
)
def test_a_denial_that_cannot_be_said_empties_its_section(rule: str, section: str) -> None:
    allow = ["Bash(true)", "Read(a/b)", "WebFetch(domain:x.org)", "Agent(Plan)", "WebSearch"]
    draft = claude(allow=allow, deny=[rule])
    text = draft.document("a")
    kept = {"shell": "'true'", "filesystem": "'./a/b'", "network": "'x.org'", "agents": "'Plan'"}
    assert {name: shown in text for name, shown in kept.items()} == {
        name: name != section for name in kept
    }
    assert "'WebSearch'" in text
    assert f"nothing of `{section}`" in draft.notes[0].why


@pytest.mark.parametrize(
    ("rule", "sections"),
    [
        ("Web*", {"network"}), ("B*", {"shell"}), ("R*", {"filesystem"}), ("r*d", {"filesystem"}),
        ("Write", {"filesystem"}), ("NotebookEdit", {"filesystem"}), ("MultiEdit", {"filesystem"}),
        ("Grep", {"filesystem"}), ("W*", {"filesystem", "network"}), ("B*(x)", {"shell"}),
        ("Agent", {"agents"}), ("Task", {"agents"}), ("Task(Explore)", {"agents"}),
        ("A*", {"agents"}), ("Agent(model:opus)", {"agents"}), ("mcp__*", set()), ("X*", set()),
        ("Write(x)", set()), ("Skill", set()),
    ],
)  # fmt: skip
def test_a_denial_of_tools_denies_what_they_do(rule: str, sections: set[str]) -> None:
    allow = ["Bash(ls)", "Read(a/b)", "Edit(c/d)", "WebFetch(domain:x.org)", "Agent(Plan)"]
    text = claude(allow=allow, deny=[rule]).document("a")
    kept = {
        "shell": ["'ls'"], "filesystem": ["'./a/b'", "'./c/d'"], "network": ["'x.org'"],
        "agents": ["'Plan'"],
    }  # fmt: skip
    assert {name for name, shown in kept.items() if not all(one in text for one in shown)} == (
        sections
    )


@pytest.mark.parametrize("denied", ["Agent", "Task", "Agent(Explore)", "Task(Explore)"])
@pytest.mark.parametrize("tool", ["Agent", "Task"])
def test_a_denial_of_an_agent_denies_the_tool_that_starts_any(denied: str, tool: str) -> None:
    assert entries(claude(allow=[tool]), "tools.allowed") == [tool]
    assert tool in entries(claude(allow=[tool], deny=[denied]), "tools.blocked")


def test_a_denial_that_is_no_rule_empties_everything() -> None:
    draft = claude(allow=["Bash(true)", "WebSearch"], deny=["???"])
    assert draft.document("a") == "agent: 'a'\npermissions: {}\n"


@pytest.mark.parametrize(
    ("text", "allowed", "blocked"),
    [
        ('prefix_rule(pattern=["a", ["b", "c"]])', ["a b *", "a c *"], []),
        ('prefix_rule(pattern=["a b", "*"], decision="allow")', ["'a b' '*' *"], []),
        ('prefix_rule(pattern=["/bin/rm", "-r"], decision="forbidden")', [], ["rm -r"]),
        ('prefix_rule(pattern=["a"], decision="prompt")', [], ["a"]),
        ('prefix_rule(pattern=["git", "--", "x"], decision="forbidden")', [], ["git -- x"]),
    ],
)
def test_rules_of_codex(text: str, allowed: list[str], blocked: list[str]) -> None:
    draft = codex(text)
    assert entries(draft, "shell.allowed_commands") == allowed
    assert entries(draft, "shell.blocked_commands") == blocked
    assert draft.notes == []


@pytest.mark.parametrize(
    "statement",
    [
        "import os",
        "x = 1",
        'prefix_rule(["rm"], decision="forbidden")',
        'prefix_rule(pattern=["rm"], decision="never")',
        'prefix_rule(pattern=[], decision="forbidden")',
        'prefix_rule(pattern=["rm", ""], decision="forbidden")',
        'prefix_rule(pattern=["rm"] + X, decision="forbidden")',
        'prefix_rule(pattern=["rm"], decision="forbidden", unless=1)',
        'prefix_rule(**{"pattern": ["rm"]})',
        'other_rule(pattern=["rm"])',
        'host_executable(name="git", paths=["/usr/bin/git"])',
        f'prefix_rule(pattern=[{["a"] * 15}, {["b"] * 15}], decision="forbidden")',
    ],
)
def test_a_statement_of_codex_that_is_not_understood_empties_the_section(statement: str) -> None:
    draft = codex(f'prefix_rule(pattern=["ls"])\n{statement}\n')
    assert draft.document("a") == "agent: 'a'\npermissions: {}\n"
    assert draft.notes[0].place == "x.rules line 2"


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
    assert (draft.entries.keys(), draft.notes) == ({"filesystem.read"}, [])


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
        "vite --allow-read=/srv", "deno", "deno --allow-read=a main.ts", "deno fmt --allow-read=a",
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


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("claude", b"{"),
        ("claude", b"[]"),
        ("claude", b'{"permissions": []}'),
        ("claude", b'{"permissions": {"deny": "Bash"}}'),
        ("claude", b'{"permissions": {"deny": [1]}}'),
        ("claude", b'{"permissions": {"allow": [], "allow": []}}'),
        ("codex", b"prefix_rule("),
        ("codex", b"\xff"),
        ("deno", b"{}"),
        ("deno", b'{"tasks": {"a": "deno run -R=a", "b": "deno run -N=b"}}'),
        ("deno", b'{"tasks": {"a": "deno run -R=a && deno run -N=b"}}'),
        ("deno", b'{"tasks": {"a": "deno run -R=\'a"}}'),
    ],
)
def test_a_file_that_is_none(source: str, data: bytes) -> None:
    with pytest.raises(UsageError):
        import_rules(source, {"x": data})


def test_files_of_several_levels_are_one_set_of_rules() -> None:
    def file(**rules: Any) -> bytes:
        return json.dumps({"permissions": rules}).encode()

    draft = import_rules(
        "claude", {"a": file(allow=["Bash(true)"]), "b": file(deny=["Bash(true)"])}
    )
    assert entries(draft, "shell.blocked_commands") == ["true"]
