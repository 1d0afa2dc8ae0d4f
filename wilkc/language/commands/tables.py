"""The guard table and its kin, read once from `tables.json`. Layer: language (pure data).

The file is part of the language: `flags` maps letters to long names, `wrappers` says where a
wrapper's inner command begins, `opaque` names programs that run what cannot be judged,
`shells` and `interpreters` are expressions over a program's last path component, `harmless`
says what an interpreter may be asked alone, `scriptless` which of them read code from their
input whatever operand they have, `seeking` which of them look for a sub-command or a task of a
package under a bare word, and only then for a file, `code` how one is given its program by an
option, `guards` lists for each program the options that run, read or write something else, `alone`
for each program with sub-commands, or whose operand is a program, the options before them that
take no further argument, `scripts` the programs whose first operand is code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Scope = Literal["any", "front", "script"]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How to find the command inside a wrapper.

    Attributes:
        bare: options without a value.
        valued: options with a value, attached or as the next argument.
        attached: long options whose value, if any, stands behind a `=`.
        operands: arguments between the options and the inner command.
        form: an expression for the one operand of a wrapper that also takes its command without
            it; what looks otherwise may be the command. Empty where it is never left out.
        plain: whether the inner words are given to a shell and so must hold no special
            character.
    """

    bare: tuple[str, ...]
    valued: tuple[str, ...]
    attached: tuple[str, ...]
    operands: int
    form: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """Options of one program that run, read or write something else.

    Attributes:
        short: letters of short options.
        long: long options with their dashes, also abbreviated and with `=value`.
        own: long options that are no abbreviation of a longer one that begins so.
        words: arguments that count when equal.
        prefixes: arguments that count when they begin so, whole or after a `=`.
        shapes: expressions, the same to Python and RE2, for arguments that count when one begins
            so.
        cluster: whether short options may stand in clusters.
        marks: characters that are short options too and so may stand in a cluster.
        hyphens: letters of all short options of a program that reads any number of hyphens
            alike: `-name` is a long option too, and `--abc` a cluster of them; or empty.
        underscores: whether a `_` in a long option is a hyphen.
        bare: whether the first argument is a cluster also without a hyphen.
        operand: whether the first operand itself counts, by each reading of what stands before it.
        scope: `front` counts only up to the first operand, `script` everywhere, but where no
            option precedes the first operand only that.
        values: options whose next argument may be their value and so is not the first operand;
            `*` is any option but those `alone`.
        alone: options that never take the next argument.
        after: words of a sub-command behind which alone it counts, or empty; `--` among them is
            what ends the options.
    """

    short: str
    long: tuple[str, ...]
    own: tuple[str, ...]
    words: tuple[str, ...]
    prefixes: tuple[str, ...]
    shapes: tuple[str, ...]
    cluster: bool
    marks: str
    hyphens: str
    underscores: bool
    bare: bool
    operand: bool
    scope: Scope
    values: tuple[str, ...]
    alone: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """How an interpreter is given its program by an option, as expressions over an argument.

    Attributes:
        flags: options without a separate value that may precede it.
        next: the option, or sub-command, behind which the program follows.
        whole: the option with its program attached.
        module: the option behind which, or attached to which, a module is named that is guarded
            as the program of its name; or empty.
        alone: whether an operand behind it would be a script to run as well.
    """

    flags: str
    next: str
    whole: str
    module: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Script:
    """A program whose first operand is code, in expressions over an argument.

    Attributes:
        harmless: code that only prints.
        options: options that may precede the code, by the number of values that follow them;
            where none follows an option that gives the code, the code does.
    """

    harmless: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything in `tables.json`."""

    flags: Mapping[str, tuple[str, ...]]
    wrappers: Mapping[str, Wrapper]
    opaque: frozenset[str]
    shells: str
    interpreters: str
    scriptless: str
    seeking: str
    harmless: Mapping[str, tuple[str, ...]]
    code: Mapping[str, Code]
    guards: Mapping[str, tuple[Guard, ...]]
    scripts: Mapping[str, Script]


def _load() -> Tables:
    text = resources.files("wilkc.language.commands").joinpath("tables.json").read_text("utf-8")
    raw = json.loads(text)
    alone = {
        name: tuple(options.split())
        for names, options in raw["alone"].items()
        for name in names.split()
    }
    wrappers = {name: _wrapper(entry) for name, entry in raw["wrappers"].items()}
    return Tables(
        flags={letters: tuple(names) for letters, names in raw["flags"].items()},
        wrappers=wrappers,
        opaque=frozenset(raw["opaque"]),
        shells=raw["shells"],
        interpreters=raw["interpreters"],
        scriptless=raw["scriptless"],
        seeking=raw["seeking"],
        harmless={names: tuple(options.split()) for names, options in raw["harmless"].items()},
        code={name: _code(entry) for names, entry in raw["code"].items() for name in names.split()},
        guards={
            name: tuple(
                _guard(entry, after, wrappers.get(name), alone.get(name, ()))
                for entry in entries
                for after in entry.get("after", "").split("|")
            )
            for names, entries in raw["guards"].items()
            for name in names.split()
        },
        scripts={
            name: Script(entry["harmless"], tuple(entry["options"]))
            for names, entry in raw["scripts"].items()
            for name in names.split()
        },
    )


def _wrapper(entry: dict[str, Any]) -> Wrapper:
    return Wrapper(
        bare=tuple(entry.get("bare", "").split()),
        valued=tuple(entry.get("valued", "").split()),
        attached=tuple(entry.get("attached", "").split()),
        operands=entry.get("operands", 0),
        form=entry.get("form", ""),
        plain=entry.get("plain", False),
    )


def _guard(
    entry: dict[str, Any], after: str, wrapper: Wrapper | None, alone: tuple[str, ...]
) -> Guard:
    return Guard(
        short=entry.get("short", ""),
        long=tuple(entry.get("long", "").split()),
        own=tuple(entry.get("own", "").split()),
        words=tuple(entry.get("words", "").split()),
        prefixes=tuple(entry.get("prefixes", "").split()),
        shapes=tuple(entry.get("shapes", ())),
        cluster=entry.get("cluster", True),
        marks=entry.get("marks", ""),
        hyphens=entry.get("hyphens", ""),
        underscores=entry.get("underscores", False),
        bare=entry.get("bare", False),
        operand=entry.get("operand", False),
        scope=entry.get("scope", "any"),
        # A sub-command may stand behind options of its program that no table lists.
        values=("*",) if alone else wrapper.valued if wrapper else (),
        alone=alone,
        after=tuple(after.split()),
    )


def _code(entry: dict[str, Any]) -> Code:
    return Code(
        flags=entry.get("flags", ""),
        next=entry["next"],
        whole=entry.get("whole", ""),
        module=entry.get("module", ""),
        alone=entry.get("alone", False),
    )


TABLES: Final = _load()
