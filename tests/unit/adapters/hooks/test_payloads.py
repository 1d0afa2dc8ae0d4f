"""Every payload comes down to the requests beside it, and what differs from it is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import HARNESSES, Case, case, cases
from wilkc.adapters.hooks.client import marked
from wilkc.adapters.hooks.harnesses import BY_NAME, harness_of
from wilkc.adapters.hooks.tools import requests_of
from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from wilkc.adapters.hooks.model import Asked

CASES = cases()
READ = [one for one in CASES if one.requests is not None]


def _asked(payload: dict[str, Any], named: str | None = None) -> list[Asked]:
    harness = harness_of(payload, named)
    return requests_of(harness, harness.read(payload))


def _refused(payload: dict[str, Any], named: str | None = None) -> str:
    with pytest.raises(RequestError) as caught:
        _asked(payload, named)
    return caught.value.detail


def test_the_facts_say_what_they_were_read_for() -> None:
    assert tuple(BY_NAME) == HARNESSES
    assert all(harness.read_for for harness in BY_NAME.values())


@pytest.mark.parametrize("one", READ, ids=lambda one: f"{one.harness}-{one.name}")
def test_a_payload_comes_down_to_its_requests(one: Case) -> None:
    if one.name == "shell_without_folder":
        return  # the judge puts the workspace in the place of a folder that is not told
    shown = [
        [asked.resource, asked.action, *([asked.context] if asked.context else [])]
        for asked in _asked(one.payload, one.harness)
    ]
    assert shown == one.requests


@pytest.mark.parametrize(
    "one",
    [one for one in CASES if one.requests is None],
    ids=lambda one: f"{one.harness}-{one.name}",
)
def test_a_payload_that_cannot_be_judged_is_refused(one: Case) -> None:
    assert _refused(one.payload, one.harness)


@pytest.mark.parametrize("one", READ, ids=lambda one: f"{one.harness}-{one.name}")
def test_the_harness_is_told_by_what_it_sends(one: Case) -> None:
    expected = "claude" if one.name == "claude_shape" else one.harness
    assert harness_of(one.payload, None).name == expected


@pytest.mark.parametrize("one", READ, ids=lambda one: f"{one.harness}-{one.name}")
def test_what_is_started_for_a_call_knows_the_harness_by_the_same_marks(one: Case) -> None:
    expected = harness_of(one.payload, None).name
    assert (marked(one.raw()) or "claude") == expected
    # An agent chooses the names of a tool's arguments, and texts in them.
    marks = {"turn_id": "t", "cursor_version": "1", "toolName": "x", "more": '"turn_id"'}
    changed = {**one.payload, "tool_input": marks}
    assert (marked(json.dumps(changed).encode()) or "claude") == expected


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"", None),
        (b"{}", None),
        (b'["turn_id"]', None),
        (b'{"turn_id": "t", "toolName": "x"}', "copilot"),
        (b'{"turn_id": "t", "hook_event_name": "BeforeTool"}', "gemini"),
        (b'{"turn_id": "t", "hook_event_name": ["BeforeTool"]}', "codex"),
        (b'{"turn_id": "t"', "codex"),
        (b'{"turn_id": "t", "cursor_version": 1', "cursor"),
        (b'{"turn_id": ' + b"[" * 100_000, "codex"),
        (b"\xff", None),
    ],
    ids=range(10),
)
def test_marks_of_other_payloads(raw: bytes, name: str | None) -> None:
    assert marked(raw) == name


@pytest.mark.parametrize("one", READ, ids=lambda one: f"{one.harness}-{one.name}")
def test_a_member_that_is_not_known_is_refused(one: Case) -> None:
    """A harness that changed its payload may mean another thing by it."""
    changed = json.loads(json.dumps(one.payload))
    given = changed.get("tool_input", changed.get("toolArgs"))
    harness = harness_of(changed, one.harness)
    if not isinstance(given, dict) or harness.read(changed).tool not in harness.tools:
        return
    given["surprise"] = "x"
    assert _refused(changed, one.harness) == "payload_not_understood"


@pytest.mark.parametrize("one", READ, ids=lambda one: f"{one.harness}-{one.name}")
def test_a_member_of_another_type_or_missing_is_refused(one: Case) -> None:
    harness = harness_of(one.payload, one.harness)
    call = harness.read(one.payload)
    tool = harness.tools.get(call.tool)
    if tool is None:
        return
    for role, names in tool.members.items():
        name = next((name for name in names if name in call.given), None)
        if name is None:
            continue
        others: tuple[Any, ...] = (7, [], {"a": 1})
        for value in others:
            changed = {**call.given, name: value}
            _refuse_input(one, changed)
        if role not in tool.optional:
            _refuse_input(one, {key: held for key, held in call.given.items() if key != name})


def _refuse_input(one: Case, given: dict[str, Any]) -> None:
    payload = dict(one.payload)
    for name in ("tool_input", "toolArgs"):
        if name in payload:
            payload[name] = given
    if "tool_input" not in payload and "toolArgs" not in payload:
        payload = {**payload, **given}
        for gone in {"command", "file_path"} - set(given):
            payload.pop(gone, None)
    assert _refused(payload, one.harness) == "payload_not_understood"


@pytest.mark.parametrize("name", ["bash", "BASH", "Bash ", "b_ash", "Ｂash", "multi-edit", "READ"])
def test_a_name_that_looks_like_a_built_in_tool_is_refused(name: str) -> None:
    payload = {**case("claude", "bash").payload, "tool_name": name}
    assert _refused(payload) == "tool_name_lookalike"


@pytest.mark.parametrize("name", ["Bash", "Teleport"])
def test_other_names_are_read(name: str) -> None:
    payload = {**case("claude", "bash").payload, "tool_name": name}
    assert len(_asked(payload)) == 1


@pytest.mark.parametrize(("harness", "name"), [("claude", "powershell"), ("copilot", "write_bash")])
def test_what_cannot_be_judged_is_refused(harness: str, name: str) -> None:
    assert _refused(case(harness, name).payload) == "tool_not_judged"


@pytest.mark.parametrize("path", ["", "~/.ssh/id", "~root/x", "../x", "/w/src/../.env", "a/.."])
def test_a_path_with_two_readings_is_refused(path: str) -> None:
    payload = {**case("claude", "read").payload, "tool_input": {"file_path": path}}
    assert _refused(payload) == "path_ambiguous"


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("**/*.ts", ["/w"]),
        ("src/*.ts", ["/w", "/w/src"]),
        ("/etc/**", ["/w", "/etc"]),
        ("/*", ["/w", "/"]),
        ("src/{a,b}/c", ["/w", "/w/src/a", "/w/src/b"]),
        ("a.ts", ["/w"]),
    ],
)
def test_a_search_is_asked_where_its_pattern_begins(pattern: str, places: list[str]) -> None:
    payload = {**case("claude", "glob").payload, "tool_input": {"pattern": pattern}}
    *files, tool = _asked(payload)
    assert [one.resource for one in files] == [f"file:{place}" for place in places]
    assert tool.resource == "tool:Glob"


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("{/etc/host*,x}", ["/w", "/etc"]),
        ("{,/etc/}passwd", ["/w", "/etc"]),
        ("{src,/etc/{a,b}}/*.ts", ["/w", "/w/src", "/etc/a", "/etc/b"]),
        ("*.{ts,tsx}", ["/w"]),
        ("!src/**", ["/w"]),
        (".github/[a-c]?.yml", ["/w", "/w/.github"]),
        ("app/(auth)/[!a]*.ts", ["/w", "/w/app"]),
        ("a,b/*", ["/w", "/w/a,b"]),
    ],
)
def test_a_search_is_asked_wherever_its_alternatives_begin(pattern: str, places: list[str]) -> None:
    payload = {**case("claude", "glob").payload, "tool_input": {"pattern": pattern}}
    *files, _ = _asked(payload)
    assert [one.resource for one in files] == [f"file:{place}" for place in places]


LEAVING = [
    "../**", "src/../../x", "~/**", "a/~/b",
    "{.,x}{.,y}/out_of/*", ".{.,/}/out_of/*", "{a/.,b}{./c,d}/*", "{.{.,},x}/*", "{..,a}/*",
    ".\\./out_of/*", "\\../x", "\\{a,b}", "[.][.]/out_of/*", ".[.]/x", "[.-.]./x", "[!.]./x",
    "[+-9][+-9]/x", "[{.,x}][.]/x", "[a/b]", "[{a,b}]x", "{[,x],.}{[,x],.}/y", "[[:punct:]]/x",
    "@(.)@(.)/x", "+(.)+(.)/x", "?(/)etc/*", "@(/etc|x)/*", "{@,x}(.)./x", "a/!(x)/*",
    "(.|x)(.|x)/y", "(a/b)", "(/etc|x)/*", "((a).(b))/*", "(a", "a)/x", "${a,b}/x",
    "{a}", "{1..3}/x", "{a,b", "a}", "[a", "[]a]", "a\x00b/*", "", "{a,b}" * 11,
]  # fmt: skip
"""Patterns that some reader of globs takes out of the directory, or in more than one way."""


@pytest.mark.parametrize("pattern", LEAVING)
@pytest.mark.parametrize(
    ("harness", "name", "tool", "member"),
    [("claude", "glob", "Glob", "pattern"), ("claude", "glob", "Grep", "glob"),
     ("gemini", "grep", "glob", "pattern"), ("gemini", "grep", "grep_search", "include")],
)  # fmt: skip
def test_a_pattern_that_may_leave_its_directory_is_refused(
    harness: str, name: str, tool: str, member: str, pattern: str
) -> None:
    given = {member: pattern, "pattern": "x"} if member != "pattern" else {member: pattern}
    payload = {**case(harness, name).payload, "tool_name": tool, "tool_input": given}
    assert _refused(payload) == "path_ambiguous"


def _prompt(text: str) -> dict[str, Any]:
    return {**case("gemini", "fetch").payload, "tool_input": {"prompt": text}}


@pytest.mark.parametrize(
    "prompt",
    ["no address", "file:///etc/passwd", "see ftp://x.example and https://docs.example.com/",
     "https://docs.example.com/?u=https://evil.example.net/", "://", "https://",
     "xhttps://docs.example.com/", "(https://docs.example.com/)",
     *(f"https://docs.example.com{char}@evil.example.net/"
       for char in "\x00\x0b\x0c\x1b\x1c\x1d\x1e\x1f\x7f\x80\x85\x9f"),
     "https://docs.example.com/\x1f", "\x1chttps://docs.example.com/"],
)  # fmt: skip
def test_a_prompt_whose_addresses_cannot_be_told_is_refused(prompt: str) -> None:
    assert _refused(_prompt(prompt)) == "payload_not_understood"


@pytest.mark.parametrize(
    "blank", "\t\n\r \xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
def test_addresses_end_where_javascript_sees_a_blank(blank: str) -> None:
    prompt = f"{blank}https://docs.example.com/a{blank}{blank}HTTPS://docs.example.com/b{blank}now"
    shown = [asked.resource for asked in _asked(_prompt(prompt))]
    assert shown == [
        "network:https://docs.example.com/a", "network:HTTPS://docs.example.com/b",
    ]  # fmt: skip


@pytest.mark.parametrize("char", ["\u180e", "\u200b", "\u2060", "\\"])
def test_what_is_no_blank_stays_in_the_address_and_is_no_host(char: str) -> None:
    with pytest.raises(RequestError) as caught:
        _asked(_prompt(f"https://docs.example.com{char}@evil.example.net/"))
    assert caught.value.detail == "host_not_canonical"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://github.com/a/b/blob/m/x", "https://raw.githubusercontent.com/a/b/blob/m/x"),
        ("https://GitHub.com/a/b/blob/m/x", "https://raw.githubusercontent.com/a/b/blob/m/x"),
        ("HTTP://GITHUB.COM./a", "HTTP://raw.githubusercontent.com/a"),
        ("https://github.com:443/a", "https://raw.githubusercontent.com:443/a"),
        ("https://github.com:8443?github.com", "https://raw.githubusercontent.com:8443?github.com"),
        ("https://github.com", "https://raw.githubusercontent.com"),
    ],
)
def test_the_host_that_the_text_of_a_page_comes_from_is_asked_too(url: str, text: str) -> None:
    assert [one.resource for one in _asked(_prompt(url))] == [f"network:{url}", f"network:{text}"]


@pytest.mark.parametrize(
    "url",
    ["https://docs.github.com/a", "https://evil-github.com/", "https://a.example/github.com/"],
)
def test_pages_of_other_hosts_are_asked_as_they_are(url: str) -> None:
    assert [one.resource for one in _asked(_prompt(url))] == [f"network:{url}"]


@pytest.mark.parametrize(
    ("harness", "name", "member", "value"),
    [
        ("claude", "bash", "updatedInput", {"command": "curl https://evil.example.net"}),
        ("claude", "bash", "updated_input", {"command": "curl https://evil.example.net"}),
        ("codex", "bash", "updatedInput", {"command": "curl https://evil.example.net"}),
        ("copilot", "bash", "modifiedArgs", {"command": "curl https://evil.example.net"}),
        ("cursor", "shell", "updated_input", {"command": "curl https://evil.example.net"}),
    ],
)
def test_an_input_that_replaces_the_judged_one_is_judged_too(
    harness: str, name: str, member: str, value: object
) -> None:
    asked = _asked({**case(harness, name).payload, member: value})
    assert [one.resource for one in asked] == [
        "shell:git status", "shell:curl https://evil.example.net",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "named"),
    [("codex", "claude"), ("cursor", "claude"), ("gemini", "codex"), ("copilot", "gemini")],
)
def test_a_payload_of_another_harness_is_refused(payload: str, named: str) -> None:
    one = next(one for one in READ if one.harness == payload)
    assert _refused(one.payload, named) == "payload_not_understood"


@pytest.mark.parametrize("event", ["SessionStart", "Stop", "", 7, None, "pretooluse"])
def test_an_event_that_is_not_judged_is_refused(event: object) -> None:
    payload = {**case("claude", "bash").payload, "hook_event_name": event}
    assert _refused(payload) == "payload_not_understood"


@pytest.mark.parametrize(
    ("tool", "given", "size"),
    [
        ("Write", {"content": "\N{EURO SIGN}"}, 3),
        ("Edit", {"old_string": "", "new_string": "abc"}, 3),
        ("Edit", {"old_string": "ab", "new_string": "c"}, 0),
        ("MultiEdit", {"edits": [{"old_string": "", "new_string": "abcdef"},
                                 {"old_string": "ab", "new_string": "wxyz", "replace_all": True}]},
         12),
    ],
)  # fmt: skip
def test_the_size_of_what_is_written_is_never_less(
    tool: str, given: dict[str, Any], size: int
) -> None:
    payload = {
        **case("claude", "write").payload,
        "tool_name": tool,
        "tool_input": {"file_path": "/w/there/is/none", **given},
    }
    assert _asked(payload)[0].properties == {"size": size}
