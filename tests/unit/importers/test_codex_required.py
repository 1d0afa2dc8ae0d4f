"""What an administrator of Codex requires takes out of what its rules allow."""

from __future__ import annotations

import pytest

from wilkc.core.errors import UsageError
from wilkc.importers import Draft, import_rules

RULES = b'prefix_rule(pattern=["git"])\nprefix_rule(pattern=["ls"])\n'


def draft_of(required: str) -> Draft:
    return import_rules("codex", {"a.rules": RULES, "requirements.toml": required.encode()})


def rule(pattern: str, decision: str = "forbidden") -> str:
    return f'[rules]\nprefix_rules = [{{pattern = [{pattern}], decision = "{decision}"}}]\n'


@pytest.mark.parametrize("decision", ["forbidden", "prompt", "allow", "of tomorrow"])
@pytest.mark.parametrize(
    ("pattern", "blocked"),
    [
        ('{token = "git"}', ["git"]),
        ('{token = "git"}, {token = "push"}', ["git push"]),
        ('{token = "git"}, {any_of = ["push", "fetch"]}', ["git push", "git fetch"]),
        ('{token = "/usr/bin/git"}', ["git"]),
    ],
)
def test_what_is_required_is_blocked(decision: str, pattern: str, blocked: list[str]) -> None:
    draft = draft_of(rule(pattern, decision))
    assert list(draft.entries["shell.blocked_commands"]) == blocked
    assert list(draft.entries["shell.allowed_commands"]) == ["git *", "ls *"]
    assert draft.notes == []


@pytest.mark.parametrize(
    "required",
    [
        rule(""), rule("1"), rule("'git'"), rule("{}"), rule("{token = ''}"), rule("{token = 1}"),
        rule("{any_of = []}"), rule("{any_of = 'git'}"), rule("{token = 'a', any_of = ['b']}"),
        rule("{of_tomorrow = 'git'}"), rule(", ".join(["{any_of = ['a', 'b']}"] * 8)),
        "[rules]\nprefix_rules = 1\n", "[rules]\nprefix_rules = [1]\n", "rules = 1",
        "[rules]\nother_rules = []\n", "[rules]\nprefix_rules = [{decision = 'prompt'}]\n",
    ],
)  # fmt: skip
def test_what_is_not_understood_empties_the_section(required: str) -> None:
    draft = draft_of(required)
    assert draft.document("a") == "agent: 'a'\npermissions: {}\n"
    assert draft.notes[0].place.startswith("requirements.toml rules")


def test_every_other_key_is_told() -> None:
    draft = draft_of('sandbox_mode = "read-only"\n[profiles.x]\nmodel = "m"\n[rules]\n')
    assert list(draft.entries["shell.allowed_commands"]) == ["git *", "ls *"]
    assert [note.text for note in draft.notes] == ["sandbox_mode", "profiles"]


@pytest.mark.parametrize("required", ["rules = ", "a = 1\na = 2", f"a = {'[' * 5000}"])
def test_a_file_that_is_none(required: str) -> None:
    with pytest.raises(UsageError):
        draft_of(required)
