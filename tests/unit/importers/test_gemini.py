"""Rules of Gemini CLI: what becomes of each, which of two goes first, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.compiler import check
from wilkc.core.errors import UsageError
from wilkc.importers import Draft, import_rules

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[2] / "data" / "imports" / "gemini"
COMMANDS, TOOLS = "shell.allowed_commands", "tools.allowed"
NO_COMMANDS, NO_TOOLS = "shell.blocked_commands", "tools.blocked"


def settings(**values: Any) -> Draft:
    return import_rules("gemini", {"s.json": json.dumps(values).encode()})


def tools(**values: Any) -> Draft:
    return settings(tools=values)


def rule(decision: str = "allow", priority: int = 100, **fields: Any) -> str:
    values = {**fields, "decision": decision, "priority": priority}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(["[[rule]]", *lines, ""])


def shell(decision: str = "allow", priority: int = 100, **fields: Any) -> str:
    return rule(decision, priority, toolName="run_shell_command", **fields)


def policies(*rules: str) -> Draft:
    return import_rules("gemini", {"r.toml": "\n".join(rules).encode()})


def entries(draft: Draft, name: str) -> list[str]:
    return list(draft.entries.get(name, {}))


@pytest.mark.parametrize(
    "names", [["settings.json"], ["rules.toml"], ["rules.toml", "settings.json"]]
)
def test_whole_files(names: list[str], golden: Callable[[str, str], None]) -> None:
    draft = import_rules("gemini", {name: (DATA / name).read_bytes() for name in names})
    text = draft.document("imported")
    told = "".join(f"# {note.place}: `{note.text}`: {note.why}\n" for note in draft.notes)
    golden(f"imports/gemini-{'-'.join(name.partition('.')[0] for name in names)}.yaml", text + told)
    assert [one for one in check({"a.yaml": text.encode()}) if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("allowed", "name", "entry"),
    [
        ("run_shell_command(git log)", COMMANDS, "git log *"),
        ("ShellTool(npm run test:unit)", COMMANDS, "npm run test:unit *"),
        ("google_web_search", TOOLS, "google_web_search"),
        ("mcp_jira_get", TOOLS, "mcp_jira_get"),
    ],
)
def test_what_settings_allow(allowed: str, name: str, entry: str) -> None:
    for values in ({"tools": {"allowed": [allowed]}}, {"allowedTools": [allowed]}):
        draft = settings(**values)
        assert entries(draft, name) == [entry]
        assert draft.notes == []


@pytest.mark.parametrize(
    "allowed",
    [
        "run_shell_command", "ShellTool", "run_shell_command()", "run_shell_command( git)",
        "run_shell_command(git  log)", "run_shell_command(git log )", "run_shell_command(git *)",
        "run_shell_command(git && rm)", "run_shell_command(git;rm)", "run_shell_command('a b')",
        "run_shell_command(echo $HOME)", "run_shell_command(\u0501it)", "run_shell_command(A=b c)",
        "run_shell_command(git\tlog)", "run_shell_command(git\nlog)", "read_file", "write_file",
        "web_fetch", "save_memory(x)", "WebSearchTool", "*", "mcp_*", "mcp_jira_*", "a b", "$TOOL",
        "", "a" * 64, "s\u0430ve_memory",
    ],
)  # fmt: skip
def test_what_settings_allow_and_cannot_be_said_is_left_out_and_told(allowed: str) -> None:
    draft = tools(allowed=["run_shell_command(true)", allowed])
    assert draft.entries == {COMMANDS: {"true *": "s.json:1 tools.allowed[0]"}}
    (note,) = draft.notes
    assert (note.place, note.text) == ("s.json:1 tools.allowed[1]", allowed)


@pytest.mark.parametrize(
    ("excluded", "name", "entry"),
    [
        ("run_shell_command(rm -rf)", NO_COMMANDS, "rm -rf"),
        ("run_shell_command(/bin/rm)", NO_COMMANDS, "rm"),
        ("ShellTool(git push && x)", NO_COMMANDS, "git push"),
        ("save_memory", NO_TOOLS, "save_memory"),
        ("MemoryTool", NO_TOOLS, "save_memory"),
        ("mcp_a b_c", NO_TOOLS, "mcp_a*b_c"),
        ("a" * 64, NO_TOOLS, f"{'a' * 20}*"),
    ],
)
def test_what_settings_deny_is_blocked_as_widely_or_more(
    excluded: str, name: str, entry: str
) -> None:
    for values in ({"tools": {"exclude": [excluded]}}, {"excludeTools": [excluded]}):
        draft = settings(**values)
        assert (set(draft.entries), entries(draft, name)) == ({name}, [entry])


@pytest.mark.parametrize(
    ("excluded", "emptied"),
    [
        ("run_shell_command", {"shell"}),
        ("run_shell_command('rm' x)", {"shell"}),
        ("read_file", {"filesystem"}),
        ("ReadFileTool", {"filesystem"}),
        ("web_fetch", {"network"}),
        ("*", {"filesystem", "network", "shell"}),
        ("$TOOL", {"filesystem", "network", "shell"}),
        ("", {"filesystem", "network", "shell"}),
    ],
)
def test_a_denial_that_cannot_be_said_empties_its_section(excluded: str, emptied: set[str]) -> None:
    draft = tools(allowed=["run_shell_command(ls)", "save_memory"], exclude=[excluded])
    text = draft.document("a")
    assert ("'ls *'" in text) == ("shell" not in emptied)
    assert ("save_memory" in text) == (len(emptied) == 1)
    told = {note.why for note in draft.notes}
    assert {f"it cannot be said here, so nothing of `{one}` is allowed" for one in emptied} <= told


@pytest.mark.parametrize(
    ("core", "kept"),
    [
        (["run_shell_command"], ["git log *"]),
        (["run_shell_command(git)"], ["git log *"]),
        (["run_shell_command(git log -p)", "run_shell_command(git lo)"], ["git log -p *"]),
        (["run_shell_command(ls)"], []),
        (["run_shell_command(gi*)"], []),
        (["google_web_search"], []),
        ([], []),
    ],
)
def test_only_what_there_is_is_allowed(core: list[str], kept: list[str]) -> None:
    draft = tools(core=core, allowed=["run_shell_command(git log)"])
    assert entries(draft, COMMANDS) == kept
    assert bool(draft.notes) == (kept != ["git log *"])


def test_what_one_file_lists_and_another_does_not_is_not_there() -> None:
    listed = {"tools": {"core": ["save_memory"], "allowed": ["save_memory"]}}
    other = {"tools": {"core": ["google_web_search"]}}
    draft = import_rules(
        "gemini", {"a.json": json.dumps(listed).encode(), "b.json": json.dumps(other).encode()}
    )
    assert draft.entries == {}


def test_a_list_alone_allows_nothing() -> None:
    assert tools(core=["run_shell_command(ls)", "save_memory"]).entries == {}
    assert settings(mcpServers={"s": {"includeTools": ["t"]}}).entries == {}


@pytest.mark.parametrize(
    ("server", "more", "allowed"),
    [
        ({"trust": True, "includeTools": ["t", "u"]}, {}, ["mcp_s_t", "mcp_s_u"]),
        ({"includeTools": ["t"]}, {"mcp": {"allowed": ["s"]}}, ["mcp_s_t"]),
        ({"includeTools": ["t"]}, {}, []),
        ({"trust": "true", "includeTools": ["t"]}, {}, []),
        ({"trust": True}, {}, []),
        ({"trust": True, "includeTools": ["*", "t(x)", "a b"]}, {}, []),
        ({"trust": True, "includeTools": ["t"], "excludeTools": ["t"]}, {}, []),
        ({"trust": True, "includeTools": ["t"]}, {"mcp": {"excluded": ["s"]}}, []),
        ({"trust": True, "includeTools": ["t"]}, {"mcp": {"excluded": ["*"]}}, []),
        ({"trust": True, "includeTools": ["t"]}, {"mcp": {"allowed": ["other"]}}, []),
        ({"trust": True, "includeTools": ["t"]}, {"excludeTools": ["mcp_s_t"]}, []),
    ],
)
def test_tools_of_servers(server: dict[str, Any], more: dict[str, Any], allowed: list[str]) -> None:
    draft = settings(mcpServers={"s": server}, **more)
    assert entries(draft, TOOLS) == allowed


def test_a_rule_allows_no_tool_that_its_server_does_not_show() -> None:
    server = {"mcpServers": {"s": {"includeTools": ["t"], "excludeTools": ["v"]}}}
    names = {"tools": {"allowed": ["mcp_s_t", "mcp_s_u", "mcp_s_v"]}}
    draft = settings(**server, **names)
    assert entries(draft, TOOLS) == ["mcp_s_t"]


def test_a_name_that_two_servers_may_mean_is_left_out() -> None:
    servers = {"a": {"trust": True, "includeTools": ["b_c"]}, "a_b": {}}
    assert entries(settings(mcpServers=servers), TOOLS) == []


@pytest.mark.parametrize(
    ("text", "name", "entry"),
    [
        (shell(commandPrefix="git log"), COMMANDS, "git log *"),
        (rule(toolName="save_memory"), TOOLS, "save_memory"),
        (rule(toolName="t", mcpName="s"), TOOLS, "mcp_s_t"),
        (
            shell(commandPrefix="ls", modes=["default", "autoEdit", "plan", "yolo"]),
            COMMANDS,
            "ls *",
        ),
        (shell(commandPrefix="ls", allowRedirection=True), COMMANDS, "ls *"),
    ],
)
def test_what_policies_allow(text: str, name: str, entry: str) -> None:
    draft = policies(text)
    assert (draft.entries, draft.notes) == ({name: {entry: "r.toml:1 rule"}}, [])


@pytest.mark.parametrize(
    "text",
    [
        shell(), shell(commandPrefix=""), shell(commandPrefix=[]), shell(commandRegex="git log"),
        shell(argsPattern="git"), rule(commandPrefix="git log"), rule(), rule(toolName="*"),
        rule(toolName="save_memory", commandPrefix="x"),
        rule(toolName="save_memory", argsPattern="x"),
        rule(toolName="save_memory", subagent="x"), rule(toolName="save_memory", interactive=True),
        rule(toolName="save_memory", modes=["yolo"]), rule(toolName="save_memory", newField=1),
        rule(toolName="save_memory") + "toolAnnotations = {readOnlyHint = true}\n",
        rule(toolName="invoke_agent"),
        rule(mcpName="s"), rule(mcpName="*", toolName="t"), rule(mcpName="s", toolName="*"),
        rule(toolName="save_memory", commandPrefix=[]),
        shell(commandPrefix=["ls"], argsPattern="x"),
        shell(commandPrefix="git log|x"), rule(toolName=["run_shell_command"], mcpName="a b"),
    ],
)  # fmt: skip
def test_what_policies_allow_and_cannot_be_said_is_left_out_and_told(text: str) -> None:
    draft = policies(shell(commandPrefix="true"), text)
    assert draft.entries == {COMMANDS: {"true *": "r.toml:1 rule"}}
    assert {note.place for note in draft.notes} == {"r.toml:7 rule"}


@pytest.mark.parametrize("decision", ["deny", "ask_user"])
@pytest.mark.parametrize(
    ("fields", "name", "blocked"),
    [
        ({"toolName": "run_shell_command", "commandPrefix": "rm -rf"}, NO_COMMANDS, ["rm -rf"]),
        (
            {"toolName": "run_shell_command", "commandRegex": "git push --f"},
            NO_COMMANDS,
            ["git push"],
        ),
        ({"toolName": "run_shell_command", "commandRegex": "rm a?b"}, NO_COMMANDS, ["rm"]),
        ({"toolName": "run_shell_command", "commandRegex": "git rm *"}, NO_COMMANDS, ["git"]),
        ({"toolName": "run_shell_command", "commandRegex": "rm  *x"}, NO_COMMANDS, ["rm"]),
        ({"toolName": "run_shell_command", "commandRegex": "rm +x"}, NO_COMMANDS, ["rm"]),
        ({"toolName": "t", "modes": ["plan"], "interactive": True}, NO_TOOLS, ["t"]),
        ({"toolName": "t", "argsPattern": "x"}, NO_TOOLS, ["t"]),
        ({"mcpName": "s"}, NO_TOOLS, ["mcp_s_*"]),
        ({"mcpName": "*"}, NO_TOOLS, ["mcp_*"]),
        ({"mcpName": "*", "toolName": "t"}, NO_TOOLS, ["mcp_*_t"]),
        ({"mcpName": "s", "toolName": "mcp_s_t"}, NO_TOOLS, ["mcp_s_mcp_s_t", "mcp_s_t"]),
        ({"toolName": "s__t"}, NO_TOOLS, ["s__t", "mcp_s_t"]),
    ],
)
def test_what_policies_deny_is_blocked_whatever_its_conditions(
    decision: str, fields: dict[str, Any], name: str, blocked: list[str]
) -> None:
    draft = policies(rule(decision, **fields))
    assert (set(draft.entries), entries(draft, name)) == ({name}, blocked)


@pytest.mark.parametrize(
    "denial",
    [
        shell("deny"), shell("deny", commandRegex="rm"), shell("deny", commandRegex="git a|rm b"),
        shell("deny", commandRegex="l *"), shell("deny", commandRegex="l ?"),
        shell("deny", commandRegex="l {0,1}s"), shell("deny", commandRegex="(rm) x"),
        shell("deny", argsPattern="x"), rule("deny"),
        shell("deny", commandPrefix=""), rule("deny", toolName="*"),
        rule("deny", toolName="*shell*"),
        shell("deny", commandPrefix="$X"), rule("deny", commandPrefix="$X"), "[more]\nx = 1\n",
        "[[safety_checker]]\ntoolName = 'run_shell_command'\npriority = 1\n",
    ],
)  # fmt: skip
def test_a_denial_of_commands_that_cannot_be_said_leaves_none(denial: str) -> None:
    draft = policies(shell(commandPrefix="ls"), denial)
    assert "'ls *'" not in draft.document("a")
    assert "r.toml:1 rule" in {note.place for note in draft.notes}


@pytest.mark.parametrize(
    ("allow", "deny", "kept", "blocked"),
    [
        # Of the same words the higher priority decides.
        ((100, "git"), (50, "git"), ["git *"], []),
        ((50, "git"), (100, "git"), [], ["git"]),
        ((100, "git"), (100, "git"), [], ["git"]),
        # A denial of more than is allowed.
        ((100, "git log"), (50, "git"), ["git log *"], []),
        ((50, "git log"), (100, "git"), [], ["git"]),
        # A denial of a part.
        ((100, "git"), (50, "git push"), ["git *"], []),
        ((50, "git"), (100, "git push"), ["git *"], ["git push"]),
        # Words that only begin alike.
        ((100, "git"), (200, "github"), ["git *"], ["github"]),
        ((100, "git"), (50, "gi"), ["git *"], ["gi"]),
    ],
)
def test_which_of_two_rules_goes_first(
    allow: tuple[int, str], deny: tuple[int, str], kept: list[str], blocked: list[str]
) -> None:
    one = shell("allow", allow[0], commandPrefix=allow[1])
    other = shell("deny", deny[0], commandPrefix=deny[1])
    for texts in ((one, other), (other, one)):
        draft = policies(*texts)
        assert (entries(draft, COMMANDS), entries(draft, NO_COMMANDS)) == (kept, blocked)


def test_a_rule_that_goes_first_of_one_saves_no_other() -> None:
    draft = policies(
        shell("allow", 100, commandPrefix="git"),
        shell("allow", 10, commandPrefix="git push"),
        shell("allow", 10, commandPrefix="ls"),
        rule("ask_user", 50, toolName="*"),
    )
    assert entries(draft, COMMANDS) == ["git *"]


def test_between_files_a_denial_wins() -> None:
    files = {"a.toml": shell("allow", 900, commandPrefix="git"), "b.toml": shell("deny", 1)}
    draft = import_rules("gemini", {name: text.encode() for name, text in files.items()})
    assert draft.document("a") == "agent: 'a'\npermissions: {}\n"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("s.json", "", "s.json:1:1"),
        ("s.json", "{", "s.json:1:2"),
        ("s.json", "[]", "s.json:1:1"),
        ("s.json", '{\n "tools": []}', "s.json:2:11"),
        ("s.json", '{"tools": {"allowed": "x"}}', "s.json:1:23"),
        ("s.json", '{"tools": {"exclude": ["x",\n 1]}}', "s.json:2:2"),
        ("s.json", '{"tools": {}, "tools": {}}', "s.json:1:15"),
        ("s.json", '{"mcpServers": {"a": 1}}', "s.json:1:22"),
        ("s.json", '{"mcpServers": {"a": {"includeTools": 1}}}', "s.json:1:39"),
        ("r.toml", "[[rule]\n", "r.toml:1:7"),
        ("r.toml", "[[rule]]\ntoolName = 1\ndecision='deny'\npriority=1", "r.toml:1"),
        ("r.toml", f"{rule()}\n[[rule]]\npriority = 1\n", "r.toml:5"),
        ("r.toml", "\n[[rule]]\ndecision = 'allow'\npriority = 1000\n", "r.toml:2"),
        ("r.toml", "\n[[rule]]\ndecision = 'allow'\npriority = true\n", "r.toml:2"),
        ("r.toml", "\n[[rule]]\ndecision = 'allow'\npriority = '1'\n", "r.toml:2"),
        ("r.toml", "\n[[rule]]\ndecision = ['allow']\npriority = 1\n", "r.toml:2"),
        ("r.toml", "\n[[rule]]\ndecision = 'Allow'\npriority = 1\n", "r.toml:2"),
        ("r.toml", rule(mcpName=""), "r.toml:1"),
        ("r.toml", rule(toolName="x", modes="default"), "r.toml:1"),
        ("r.toml", rule(toolName="x", modes=["Default"]), "r.toml:1"),
        ("r.toml", rule(toolName="x", modes=[1]), "r.toml:1"),
        ("r.toml", rule(toolName="x", toolAnnotations=1), "r.toml:1"),
        ("r.toml", rule(toolName="x", interactive="no"), "r.toml:1"),
        ("r.toml", rule(toolName="x", allowRedirection=0), "r.toml:1"),
        ("r.toml", rule(toolName="x", subagent=1), "r.toml:1"),
        ("r.toml", rule(toolName="x", argsPattern=1), "r.toml:1"),
        ("r.toml", rule(toolName="x", denyMessage=["no"]), "r.toml:1"),
        ("s.json", '{"security": {"enableConseca": false},\n"admin": {"mcp": {"config": []}}}',
         "s.json:2"),
        ("r.toml", rule(toolName=[1]), "r.toml:1"),
        ("r.toml", "rule = [{decision = 'deny', priority = 1}]", "r.toml:1:1"),
        ("r.toml", "[rule]\ndecision = 'deny'", "r.toml:1:1"),
        ("r.toml", "[[rule]]\na = 1\na = 2\n", "r.toml:3:6"),
        ("r.toml", f"a = {'[' * 5000}", "r.toml:1"),
        ("r.toml", f"a = {'1' * 5000}", "r.toml:1"),
        ("r.toml", f"# {'x' * 2**20}", "r.toml:1:1"),
        ("r.toml", "a = '\u202e'", "r.toml:1:6"),
        ("r.toml", "\n".join([rule("deny", toolName="x")] * 2001), "r.toml:10001"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_at_its_place(name: str, text: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        import_rules("gemini", {name: text.encode()})
    assert caught.value.message.startswith(f"{place}:") or caught.value.message.startswith(
        f"{place} "
    )


def test_many_wildcards_in_a_name_take_no_time() -> None:
    denial = rule("deny", toolName="*a" * 30 + "b")
    draft = policies(rule(toolName="a" * 60), denial)
    assert entries(draft, TOOLS) == ["a" * 60]
