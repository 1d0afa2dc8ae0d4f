"""`alerts.toml`: read closed, or refused as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UsageError
from wilkc.runtime.alerts.settings import EmailSettings, WebhookSettings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

HOOK = '[channel.ops]\nkind = "webhook"\nurl = "https://x.example/"\nsecret_files = ["s"]\n'
MAIL = (
    '[channel.oncall]\nkind = "email"\nhost = "mx"\nsender = "w@x.example"\nto = ["a@x.example"]\n'
)


def _file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "alerts.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_channels_with_what_may_be_left_out(tmp_path: Path) -> None:
    found = read_settings(_file(tmp_path, f'escalation = "oncall"\n{HOOK}{MAIL}'))
    assert found.channels == {
        "ops": WebhookSettings("https://x.example/", ("s",)),
        "oncall": EmailSettings("mx", "w@x.example", ("a@x.example",)),
    }
    assert found.first("medium") == ["ops"]


def test_a_channel_is_told_from_its_severity_on(tmp_path: Path) -> None:
    found = read_settings(_file(tmp_path, HOOK + MAIL + 'least = "critical"\n'))
    assert (found.first("high"), found.first("critical")) == (["ops"], ["ops", "oncall"])


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("", 0o600, "name between one and 20 channels"),
        (HOOK, 0o622, "others may write it"),
        (HOOK, 0o660, "others may write it"),
        (HOOK + "colour = 1\n", 0o600, "unknown members: colour"),
        (f"colour = 1\n{HOOK}", 0o600, "unknown members: colour"),
        ("[channel.x]\nkind = 'pigeon'\n", 0o600, "neither `webhook` nor `email`"),
        (f"escalation = 'x'\n{HOOK}", 0o600, "`escalation` names no channel"),
        (f"escalation = 'ops'\n{HOOK}", 0o600, "beside the escalation"),
        (f"escalation = 1\n{HOOK}", 0o600, "`escalation` names no channel"),
        ("channel = 1", 0o600, "name between one and 20 channels"),
        ("channel.ops = 1", 0o600, "neither `webhook` nor `email`"),
        ("[channel.ops]\nkind = 'email'\nhost = 1\n", 0o600, "channel.ops"),
        (MAIL + "security = 'plain'\n", 0o600, "channel.oncall.security"),
        (MAIL + "port = true\n", 0o600, "channel.oncall.port"),
        (HOOK + "least = 'low'\n", 0o600, "channel.ops.least"),
        ("rubbish", 0o600, "Expected"),
        ("#" * 70_000, 0o600, "is longer than"),
    ],
)
def test_settings_that_are_not_what_they_must_be(
    text: str, mode: int, why: str, tmp_path: Path
) -> None:
    path = _file(tmp_path, text, mode)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    assert why in caught.value.message
    assert str(path) in caught.value.message


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    _file(tmp_path, HOOK)
    (tmp_path / "link.toml").symlink_to(tmp_path / "alerts.toml")
    with pytest.raises(UsageError, match="cannot read"):
        read_settings(tmp_path / "link.toml")
