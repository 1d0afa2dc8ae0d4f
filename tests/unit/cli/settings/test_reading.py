"""What a settings file may say, where it is found, and what it is refused for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
import pytest

from wilkc.cli.main import WITH_SETTINGS, cli
from wilkc.cli.settings.known import KNOWN, variable
from wilkc.cli.settings.locating import locate
from wilkc.cli.settings.problems import SettingsError
from wilkc.cli.settings.reading import MAX_BYTES, Settings, read_settings
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

# An option that is named here weakens nothing; each was thought about in
# docs/decisions/settings-files.md. Another one has to be, too.
THOUGHT_ABOUT = {
    ("build", "form"),
    ("build", "prove"),
    ("check", "format"),
    ("check", "strict"),
    ("diff", "fail-on"),
    ("diff", "format"),
    ("explain", "format"),
    ("prove", "format"),
    ("test", "format"),
    ("test", "min-coverage"),
    ("test", "min-mutation"),
}
PAIRS = [(command, key) for command, keys in KNOWN.items() for key in keys]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agents").mkdir()
    monkeypatch.chdir(tmp_path)


def _refused(folder: Path, text: str, name: str = "wilk.toml") -> list[tuple[int, int, str]]:
    (folder / name).write_text(text)
    with pytest.raises(SettingsError) as found:
        read_settings()
    return [(one.span.line, one.span.column, one.message) for one in found.value.problems]


def _option(command: str, key: str) -> click.Option:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    (option,) = [one for one in found.params if one.name == KNOWN[command][key].parameter]
    assert isinstance(option, click.Option)
    return option


def test_the_settings_are_those_that_were_thought_about() -> None:
    assert set(PAIRS) == THOUGHT_ABOUT
    assert set(KNOWN) == WITH_SETTINGS


@pytest.mark.parametrize(("command", "key"), PAIRS)
def test_a_setting_is_an_option_with_a_variable(command: str, key: str) -> None:
    option, setting = _option(command, key), KNOWN[command][key]
    assert f"--{key}" in option.opts
    assert option.envvar == variable(command, key)
    if isinstance(option.type, click.Choice):
        chosen = set(option.type.choices)
        assert set(setting.words) == ({"full"} if key == "prove" else chosen)
    else:
        assert setting.kind == ("boolean" if option.is_flag else "percentage")


def test_no_setting_names_a_place_a_program_or_a_key() -> None:
    texts = [key for _, key in PAIRS if _option(_, key).type is click.STRING]
    assert texts == []


def test_without_a_file_nothing_is_set() -> None:
    assert read_settings() == Settings()


@pytest.mark.parametrize(("name", "head"), [("wilk.toml", ""), ("pyproject.toml", "[tool.wilk]\n")])
def test_either_file(tmp_path: Path, name: str, head: str) -> None:
    table = "tool.wilk." if head else ""
    text = f'{head}policies = ["agents"]\n[{table}diff]\nfail-on = "widening"\n'
    (tmp_path / name).write_text(f"{text}[{table}test]\nmin-coverage = 80\n")
    found = read_settings()
    assert found.policies == ("agents",)
    assert found.commands == {"diff": {"fail_on": "widening"}, "test": {"min_coverage": 80}}


def test_the_nearest_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wilk.toml").write_text('policies = ["agents"]\n[check]\nstrict = true\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    # A project inside, which says nothing about Wilk, does not hide the one around it.
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    monkeypatch.chdir(inner)
    found = read_settings()
    assert found.commands == {"check": {"strict": True}}
    assert found.policies == ("../../agents",)
    (inner / "wilk.toml").write_text("[check]\nstrict = false\n")
    assert read_settings().commands == {"check": {"strict": False}}


def test_wilk_toml_wins(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.wilk.check]\nstrict = true\n")
    (tmp_path / "wilk.toml").write_text("")
    assert read_settings().commands == {}


@pytest.mark.parametrize("name", ["wilk.toml", "pyproject.toml"])
def test_what_is_no_toml_is_refused(tmp_path: Path, name: str) -> None:
    assert _refused(tmp_path, "wilk = 1\nb = = 2\n", name) == [
        (2, 5, "the text is not TOML: invalid value")
    ]


def test_a_file_of_other_tools_alone_is_their_matter(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("b = = 2\n")
    assert read_settings() == Settings()
    (tmp_path / "pyproject.toml").write_text('[tool."w\\u0069lk"]\npolicies = 1\n')
    with pytest.raises(SettingsError, match="`policies` is no list of paths"):
        read_settings()


def test_an_unfinished_text_is_refused(tmp_path: Path) -> None:
    ((line, _, message),) = _refused(tmp_path, 'policies = ["agents"\n')
    assert (line, message) == (2, "the text is not TOML: unclosed array")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wilk.toml").write_bytes(b"a = 1\n# \xff\n")
    with pytest.raises(SettingsError, match=r"wilk\.toml:2:1: the text is not UTF-8"):
        read_settings()


def test_depth_is_refused(tmp_path: Path) -> None:
    assert len(_refused(tmp_path, f"a = {'[' * 5000}{']' * 5000}\n")) == 1


def test_all_problems_are_told_at_their_places(tmp_path: Path) -> None:
    text = (
        'polices = ["a"]\n\n[check]\nstrict = "yes"\nformat = "xml"\n[test]\nmin-mutation = nan\n'
    )
    assert _refused(tmp_path, text) == [
        (1, 1, "unknown setting `polices`"),
        (4, 1, "`strict` of `wilkc check` is no boolean"),
        (5, 1, "`format` of `wilkc check` cannot be `xml` in a settings file"),
        (7, 1, "`min-mutation` of `wilkc test` is no number from 0 to 100"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[tool.wilk]\npolicy = 1\n", (2, 1)),
        ("[tool]\nwilk.policy = 1\n", (2, 1)),
        ("[tool]\nwilk = {policy = 1}\n", (2, 9)),
        ('[tool."wilk"]\n  "policy" = 1\n', (2, 3)),
        ("tool.wilk.policy = 1\n", (1, 1)),
    ],
)
def test_places_in_the_ways_of_writing_a_key(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    ((line, column, message),) = _refused(tmp_path, text, "pyproject.toml")
    assert ((line, column), message) == (place, "unknown setting `policy`")


def test_what_is_not_written_is_at_the_top() -> None:
    assert locate("a = 1\n", ("b",), "f")[:3] == ("f", 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("check = 1\n", "`check` is no table"),
        ("[check]\nstrict = 1\n", "`strict` of `wilkc check` is no boolean"),
        ("[check]\nformat = true\n", "`format` of `wilkc check` is no text"),
        ("[test]\nmin-coverage = true\n", "`min-coverage` of `wilkc test` is no number"),
        ("[test]\nmin-coverage = 101\n", "`min-coverage` of `wilkc test` is no number"),
        ("[build]\nprove = 'none'\n", "`prove` of `wilkc build` cannot be `none`"),
        ("[build]\nprove = 'sample'\n", "`prove` of `wilkc build` cannot be `sample`"),
        ("[diff]\nfail-on = ''\n", "`fail-on` of `wilkc diff` cannot be ``"),
        ("[tool.wilk]\n", "unknown setting `tool`"),
        ("policies = 'agents'\n", "`policies` is no list of paths"),
        ("policies = []\n", "`policies` is no list of paths"),
        ("policies = [1]\n", "`policies` is no list of paths"),
        ("policies = ['']\n", "`` in `policies` does not lie below"),
        ("policies = ['/etc']\n", "`/etc` in `policies` does not lie below"),
        ("policies = ['agents/../../x']\n", "in `policies` does not lie below"),
        ("policies = ['absent']\n", "`absent` in `policies` is not there"),
        ('policies = ["a\\u0000"]\n', "in `policies` is not there"),
        ("policies = ['out']\n", "`out` in `policies` does not lie below"),
    ],
)
def test_wrong_values(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "out").symlink_to(tmp_path.parent)
    ((_, _, found),) = _refused(tmp_path, text)
    assert message in found


def test_a_name_like_an_option_stays_a_path(tmp_path: Path) -> None:
    (tmp_path / "-").write_text("agent: a\npermissions: {}\n")
    (tmp_path / "wilk.toml").write_text("policies = ['-']\n")
    assert read_settings().policies == ("./-",)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wilk.toml")
    with pytest.raises(UsageError, match="no regular file"):
        read_settings()
    (tmp_path / "wilk.toml").unlink()
    (tmp_path / "wilk.toml").mkdir()
    with pytest.raises(UsageError, match="no regular file"):
        read_settings()


def test_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wilk.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UsageError, match="larger than"):
        read_settings()
