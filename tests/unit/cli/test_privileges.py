"""Every command either asks operators before it does anything, or says why it need not."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click
import pytest

from wilkc.cli import exits, guarding, operators
from wilkc.cli.guarding import OPERATORS, operators_file
from wilkc.cli.lazy import LazyGroup
from wilkc.cli.main import cli, main
from wilkc.cli.privileges import ACTIVATE, OPEN, PRIVILEGED, needed
from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.cli.privileges import Privilege

SWITCHES = {"audit query": ["--subject", "s_x", "--open"]}


def _commands(group: LazyGroup, *above: str) -> Iterator[tuple[str, str, click.Command]]:
    """Every command that does something itself: its words, its home, and what it is."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        words = (*above, name)
        if not isinstance(found, click.Group) or found.invoke_without_command:
            yield " ".join(words), group.places[name], found
        if isinstance(found, click.Group):
            assert isinstance(found, LazyGroup), f"the commands of {words} would ask nobody"
            yield from _commands(found, *words)


COMMANDS: dict[str, click.Command] = {}
PLACES: dict[str, str] = {}
for _words, _place, _command in _commands(cli):
    COMMANDS[_words], PLACES[_words] = _command, _place


def test_every_command_is_in_one_of_the_tables() -> None:
    assert set(PRIVILEGED) & set(OPEN) == set()
    assert set(COMMANDS) == set(PRIVILEGED) | set(OPEN)


def test_an_operation_is_named_after_its_command_and_once() -> None:
    names = [one.operation for needs in PRIVILEGED.values() for one in needs]
    assert len(set(names)) == len(names)
    for command, needs in PRIVILEGED.items():
        assert any(one.operation == f"wilk.{command.replace(' ', '.')}" for one in needs), command
    assert ACTIVATE.operation not in names


@pytest.mark.parametrize("command", PRIVILEGED)
def test_the_switches_of_the_table_are_parameters_of_the_command(command: str) -> None:
    known = {parameter.name for parameter in COMMANDS[command].params}
    named = {name for one in PRIVILEGED[command] for name in (one.given, one.spared) if name}
    assert named <= known


def test_a_command_that_nobody_listed_is_asked_about() -> None:
    (one,) = needed("audit erase-all", {})
    assert (one.operation, one.reads) == ("wilk.audit.erase-all", False)


def test_what_is_asked_depends_on_what_is_given_and_not_on_its_value() -> None:
    assert needed("audit query", {"subject": None, "opening": False}) == ()
    for value in ("", "s_x"):
        (one,) = needed("audit query", {"subject": value, "opening": False})
        assert one.operation == "wilk.audit.query"
    asked = needed("audit query", {"subject": "s_x", "opening": True})
    assert [one.operation for one in asked] == ["wilk.audit.query", "wilk.audit.open"]
    assert needed("serve", {"printed": "systemd"}) == ()
    assert needed("serve", {"printed": None}) != ()


class Asked:
    """Operators that say yes or no, and remember what they were asked."""

    def __init__(self, *, may: bool) -> None:
        self.may = may
        self.heard: list[str] = []

    def __call__(self, wanted: Privilege) -> None:
        self.heard.append(wanted.operation)
        if not self.may:
            raise RequestError("no_rule_matches", "may not")


def _arguments(command: click.Command) -> Iterator[str]:
    """What the command demands, with values that fit."""
    for parameter in command.params:
        if not parameter.required:
            continue
        if isinstance(parameter, click.Option):
            yield parameter.opts[0]
        kind = parameter.type
        yield str(kind.choices[0]) if isinstance(kind, click.Choice) else "x"


def _called(command: str, monkeypatch: pytest.MonkeyPatch, asked: Asked) -> tuple[int, list[str]]:
    """What a command exits with, and whether it ran."""
    ran: list[str] = []
    monkeypatch.setenv(OPERATORS, "/somewhere/operators.json")
    monkeypatch.setattr(operators, "require_operator", asked)
    module, _, attribute = PLACES[command].partition(":")
    own = getattr(importlib.import_module(module), attribute)
    monkeypatch.setattr(own, "callback", lambda **_: ran.append(command))
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), *_arguments(own), *SWITCHES.get(command, [])])
    return int(ended.value.code or 0), ran


@pytest.mark.parametrize("command", PRIVILEGED)
def test_a_command_runs_where_operators_say_yes(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(may=True)
    assert _called(command, monkeypatch, asked) == (exits.OK, [command])
    assert asked.heard == [one.operation for one in PRIVILEGED[command]]


@pytest.mark.parametrize("command", PRIVILEGED)
def test_a_command_does_nothing_where_operators_say_no(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(may=False)
    assert _called(command, monkeypatch, asked) == (exits.DENIED, [])
    assert asked.heard == [PRIVILEGED[command][0].operation]


def test_a_command_that_needs_nothing_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(may=False)
    assert _called("audit show", monkeypatch, asked) == (exits.OK, ["audit show"])
    assert asked.heard == []


def test_a_folder_that_cannot_be_looked_into_may_name_operators(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(OPERATORS, raising=False)
    monkeypatch.setattr(guarding, "SYSTEM_PLACE", tmp_path / "none.json")
    assert operators_file() is None
    (tmp_path / "round").symlink_to("round")
    place = tmp_path / "round" / "operators.json"
    monkeypatch.setattr(guarding, "SYSTEM_PLACE", place)
    assert operators_file() == place
