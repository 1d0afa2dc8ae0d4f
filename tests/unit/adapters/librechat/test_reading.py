"""Exports that are not what they must be: every problem is named, and nothing is allowed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from wilkc.adapters.librechat import Export
from wilkc.core.errors import UsageError

DATA = Path(__file__).parents[3] / "data" / "librechat"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "export"))


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as found:
        Export.read(folder)
    return found.value.message


@pytest.mark.parametrize(
    ("collection", "change", "said"),
    [
        ("users", {"_id": 5}, "users[0]: `_id` must be an id"),
        ("users", {"_id": {"$oid": "xyz"}}, "users[0]: `_id` must be an id"),
        ("users", {"role": ["ADMIN"]}, "users[0]: `role` must be text"),
        ("users", {"tenantId": {"$ne": None}}, "users[0]: `tenantId` must be text"),
        ("roles", {"permissions": []}, "roles[0]: `permissions` must be an object"),
        ("roles", {"permissions": {"AGENTS": True}}, "`permissions.AGENTS` must be an object"),
        (
            "roles",
            {"permissions": {"AGENTS": {"USE": "false"}}},
            "`permissions.AGENTS.USE` must be true or false",
        ),
        ("groups", {"memberIds": "all"}, "groups[0]: `memberIds` must be a list"),
        ("groups", {"memberIds": [None]}, "groups[0]: `memberIds` must be an id"),
        ("aclentries", {"permBits": 32}, "aclentries[0]: `permBits` must be from 0 to 31"),
        ("aclentries", {"permBits": True}, "`permBits` must be a whole number"),
        ("aclentries", {"permBits": 3.5}, "`permBits` must be a whole number"),
        ("aclentries", {"permBits": {"$numberInt": "x"}}, "`permBits` must be a whole number"),
        ("aclentries", {"principalType": "everyone"}, "`principalType` must be user, group"),
        ("aclentries", {"principalType": "public"}, "`principalId` does not belong to a public"),
        ("aclentries", {"expiredAt": "soon"}, "`expiredAt` must be a date"),
        ("aclentries", {"expiredAt": "2026-01-01T00:00:00"}, "`expiredAt` must be a date"),
        ("aclentries", {"expiredAt": {"$date": {"$numberLong": "9" * 19}}}, "must be a date"),
        ("systemgrants", {"tenantId": None}, "`tenantId` must be left out or be text"),
        ("agents", {"tool_resources": {"ocr": []}}, "`tool_resources` must be an object"),
        ("agents", {"tool_resources": {"ocr": {"file_ids": "x"}}}, "must be a list"),
        ("files", {"file_id": ""}, "`file_id` must be text of 1"),
        ("mcpservers", {"serverName": None}, "`serverName` must be text"),
    ],
)
def test_a_member_of_another_type(
    folder: Path, collection: str, change: dict[str, Any], said: str
) -> None:
    path = folder / f"{collection}.json"
    first, *others = path.read_text(encoding="utf-8").splitlines()
    changed = json.dumps({**json.loads(first), **change})
    path.write_text("\n".join([changed, *others]), encoding="utf-8")
    assert said in refusal(folder)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    (folder / "groups.json").write_text('{"_id": 1}\n[]\n', encoding="utf-8")
    (folder / "files.json").write_text('["x"]', encoding="utf-8")
    said = refusal(folder)
    assert "groups[0]" in said
    assert "groups[1]: it is no document" in said
    assert "files[0]: it is no document" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"_id": 1', "`groups.json` line 1 cannot be read as JSON"),
        ('{"_id": "a", "_id": "b"}', "an object names a key twice"),
        ('\n{"a": NaN}', "`groups.json` line 2"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_json(folder: Path, text: str, said: str) -> None:
    (folder / "groups.json").write_text(text, encoding="utf-8")
    assert said in refusal(folder)


@pytest.mark.parametrize("name", ["users", "roles"])
def test_a_collection_that_must_be_there(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink()
    assert f"lacks `{name}.json`" in refusal(folder)


def test_a_collection_may_be_missing_and_gives_nothing(folder: Path) -> None:
    (folder / "aclentries.json").unlink()
    assert Export.read(folder).aclentries == ()


def test_an_array_is_read_like_lines(folder: Path) -> None:
    path = folder / "roles.json"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("[" + ",".join(lines) + "]", encoding="utf-8")
    assert Export.read(folder) == Export.read(DATA)
