"""Settings files of Claude Code: whose rules count, what its sandbox denies, and what is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wilkc.importers import Draft, import_rules

RULES = ["Bash(cat *)", "Read(~/**)", "WebFetch(domain:*.example.org)", "mcp__github__get_issue"]
MANAGED = "allowManagedPermissionRulesOnly"
PATHS = "filesystem.metadata.blocked_paths"
HOSTS = "network.blocked_hosts"


def draft_of(**files: Any) -> Draft:
    return import_rules("claude", {name: json.dumps(held).encode() for name, held in files.items()})


def entries(draft: Draft, name: str) -> list[str]:
    return list(draft.entries.get(name, {}))


def denying(group: str, key: str, *values: Any) -> Draft:
    return draft_of(s={"permissions": {"allow": RULES}, "sandbox": {group: {key: list(values)}}})


@pytest.mark.parametrize("managed_first", [True, False])
def test_managed_rules_alone(managed_first: bool) -> None:
    managed = {MANAGED: True, "permissions": {"allow": ["Bash(git status)"]}}
    user = {"permissions": {
        "allow": ["Bash(rm *)", "Read(~/**)"], "ask": ["Bash(git push)"], "deny": ["Read(.env)"],
    }}  # fmt: skip
    files = {"managed": managed, "user": user}
    draft = draft_of(**(files if managed_first else dict(reversed(files.items()))))
    assert entries(draft, "shell.allowed_commands") == ["git status"]
    assert entries(draft, "filesystem.read") == []
    assert entries(draft, "shell.blocked_commands") == ["git push"]
    assert entries(draft, PATHS) == ["**/.env"]
    assert [(note.place, note.text) for note in draft.notes] == [
        ("user permissions.allow[0]", "Bash(rm *)"),
        ("user permissions.allow[1]", "Read(~/**)"),
    ]
    assert "`managed`" in draft.notes[0].why


@pytest.mark.parametrize("value", [True, "true", 1, None])
def test_of_two_that_say_so_none_allows(value: object) -> None:
    one = {MANAGED: True, "permissions": {"allow": ["Bash(git status)"]}}
    other = {MANAGED: value, "permissions": {"allow": ["Bash(rm *)"]}}
    assert draft_of(a=one, b=other).entries == {}


def test_without_it_all_levels_allow() -> None:
    one = {MANAGED: False, "permissions": {"allow": ["Bash(git status)"]}}
    draft = draft_of(a=one, b={"permissions": {"allow": ["Bash(ls)"]}})
    assert entries(draft, "shell.allowed_commands") == ["git status", "ls"]
    assert draft.notes == []


@pytest.mark.parametrize("key", ["denyRead", "denyWrite"])
@pytest.mark.parametrize(
    ("denied", "blocked"),
    [
        ("~/.ssh", ["~/.ssh"]),
        ("/etc/", ["/etc"]),
        ("//etc/**", ["/etc"]),
        ("./secrets", ["**/secrets"]),
        ("secrets/**", ["**/secrets"]),
        ("/srv/[a]", ["/srv/[a]", r"/srv/\[a\]"]),
    ],
)
def test_paths_that_the_sandbox_denies(key: str, denied: str, blocked: list[str]) -> None:
    draft = denying("filesystem", key, denied)
    assert entries(draft, PATHS) == blocked
    assert entries(draft, "filesystem.read") == ["~/**"]
    places = {(note.place, note.text) for note in draft.notes}
    assert places == {(f"s sandbox.filesystem.{key}[0]", denied)}
    assert "read:" in draft.document("a")


@pytest.mark.parametrize("denied", ["/", "/**", "**", "*", "", ".", "../x", "~bob/x", 1, None])
def test_paths_that_cannot_be_said_leave_no_file(denied: object) -> None:
    draft = denying("filesystem", "denyRead", denied)
    assert "read:" not in draft.document("a")
    assert "allowed_commands:" in draft.document("a")
    assert len(draft.notes) == 1


def test_files_of_credentials() -> None:
    draft = denying("credentials", "files", "~/.netrc", {"path": "~/.aws", "mode": "deny"})
    assert entries(draft, PATHS) == ["~/.netrc", "~/.aws"]
    assert "read:" not in denying("credentials", "files", {"file": "x"}).document("a")


@pytest.mark.parametrize(
    ("denied", "blocked"), [("Evil.example.org", "evil.example.org"), ("*.a.org", "*.a.org")]
)
def test_hosts_that_the_sandbox_denies(denied: str, blocked: str) -> None:
    draft = denying("network", "deniedDomains", denied)
    assert entries(draft, HOSTS) == [blocked]
    assert "allowed_hosts:" in draft.document("a")
    assert [note.text for note in draft.notes] == [denied]


@pytest.mark.parametrize("denied", ["https://a.org/x", "a.*.org", 7])
def test_hosts_that_cannot_be_said_leave_none(denied: object) -> None:
    draft = denying("network", "deniedDomains", denied)
    assert "allowed_hosts:" not in draft.document("a")
    assert len(draft.notes) == 1


@pytest.mark.parametrize(
    "path",
    [
        "allowManagedHooksOnly",
        "hooks",
        "env",
        "permissions.additionalDirectories",
        "permissions.defaultMode",
        "permissions.disableBypassPermissionsMode",
        "sandbox.enabled",
        "sandbox.failIfUnavailable",
        "sandbox.autoAllowBashIfSandboxed",
        "sandbox.allowUnsandboxedCommands",
        "sandbox.excludedCommands",
        "sandbox.enableWeakerNestedSandbox",
        "sandbox.filesystem.allowWrite",
        "sandbox.filesystem.allowRead",
        "sandbox.filesystem.disabled",
        "sandbox.network.allowedDomains",
        "sandbox.network.strictAllowlist",
        "sandbox.network.allowUnixSockets",
        "sandbox.network.allowAllUnixSockets",
        "sandbox.network.httpProxyPort",
        "sandbox.network.socksProxyPort",
        "sandbox.credentials.envVars",
    ],
)
def test_no_key_without_a_note(path: str) -> None:
    held: Any = "canary"
    for key in reversed(path.split(".")):
        held = {key: held}
    (note,) = draft_of(s=held).notes
    assert note.place == f"s {path}"
    assert path.startswith("permissions.") or "canary" not in note.text


def test_the_schema_of_a_file_says_nothing() -> None:
    assert draft_of(s={"$schema": "https://example.org/x.json"}).notes == []
