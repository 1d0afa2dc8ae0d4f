"""Other tools' rules: what becomes of each, what is told of it, and which files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
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
        ("Bash(watch ls)", "shell.allowed_commands", "watch ls"),
        ("Bash(rm -rf dist)", "shell.allowed_commands", "rm -rf dist"),
        ("Bash(git rm *)", "shell.allowed_commands", "git rm *"),
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
        # What runs another program is asked about there, and what runs elsewhere may be.
        "Bash(watch *)", "Bash(setsid:*)", "Bash(ionice -c *)", "Bash(flock x *)", "Bash(cd *)",
        "Bash(cd src)", "Bash(pushd x)",
        # It may remove what is asked about whatever is allowed.
        "Bash(rm *)", "Bash(rm:*)", "Bash(rm -rf src/*)", "Bash(rmdir *)", "Bash(/bin/rm *)",
        "Bash(rm -rf /etc)", "Bash(rm -rf ~)", "Bash(rm -r .)", "Bash(rm -r ../)",
        "Bash(rm a/../..)", "Bash(rm -r '/etc')", "Bash(rm -r \\/etc)",
        "Bash(rm -rf /home/dev/app)",
        # No line of gitignore, and a home of which nobody knows how much is meant.
        "Read(#x)", "Read(~)", "Read(~/)", "Read(~bob/x)",
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
        ("Bash(rm:*)", "shell.blocked_commands", ["rm"]),
        ("Bash(watch:*)", "shell.blocked_commands", ["watch"]),
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
        ("Bash(run_in_background : true)", "shell"),
        ("Bash(timeout:*)", "shell"),
        ("Bash(timeout : *)", "shell"),
        ("Bash(dangerouslyDisableSandbox:*)", "shell"),
        ("Read", "filesystem"),
        ("Read(a/../b)", "filesystem"),
        ("Read(offset:5)", "filesystem"),
        ("Read(offset : 5)", "filesystem"),
        ("Read(pages:*)", "filesystem"),
        ("Edit(replace_all: true)", "filesystem"),
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
        ("Grep", {"filesystem"}), ("LSP", {"filesystem"}), ("Monitor", {"shell"}),
        ("Monitor(npm *)", {"shell"}), ("W*", {"filesystem", "network"}), ("B*(x)", {"shell"}),
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
        (
            'prefix_rule(pattern=["a", ["b", "c"]], match=["a c", ["a", "b"]], not_match=["a d"])',
            ["a b *", "a c *"],
            [],
        ),
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
        'prefix_rule(pattern=["rm"], decision=["forbidden"])',
        'prefix_rule(pattern=["rm"], decision={"forbidden": 1})',
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
    ("source", "data"),
    [
        ("claude", b"{"),
        ("claude", b"[]"),
        ("claude", b'{"permissions": []}'),
        ("claude", b'{"permissions": {"deny": "Bash"}}'),
        ("claude", b'{"permissions": {"deny": [1]}}'),
        ("claude", b'{"permissions": {"allow": [], "allow": []}}'),
        ("claude", b'{"sandbox": true}'),
        ("claude", b'{"sandbox": {"filesystem": {"denyRead": "~/.ssh"}}}'),
        ("codex", b"prefix_rule("),
        ("codex", b'prefix_rule(pattern=["a"], match=["b"])'),
        ("codex", b'prefix_rule(pattern=["a", "b"], match=[["a"]])'),
        ("codex", b'prefix_rule(pattern=["a"], not_match=["a b"])'),
        ("codex", b'prefix_rule(pattern=["a"], match="a")'),
        ("codex", b'prefix_rule(pattern=["a"], match=[1])'),
        ("codex", b"""prefix_rule(pattern=["a"], match=["a 'b"])"""),
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
