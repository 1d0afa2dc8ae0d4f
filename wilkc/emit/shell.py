"""The `shell` category as data for `policies/lib/wilk/shell`. Layer: emit.

A command is one text: its arguments, each ended by NUL, which no argument holds. An allow
entry is one expression over that text, expressions that must not match (wildcards take no
option and no `.` or `..` segment), how often it spells each guarded option, and its words.
A block entry is a list of expressions that must all match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wilkc.emit.alternation import anchored
from wilkc.emit.regex import glob_regex, path_regex, text_regex
from wilkc.language.atoms import Glob, Star
from wilkc.language.commands import (
    TABLES,
    AnyArgument,
    Argument,
    Code,
    CommandPattern,
    Flag,
    GlobArgument,
    Guard,
    Script,
    TextArgument,
    Wrapper,
    spelled_options,
)
from wilkc.plan.judges.shell import shell_conditions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wilkc.core.contract import Json
    from wilkc.plan.model import Rule, ShellPlan

END: Final = r"\x{0}"
ONE: Final = r"[^\x{0}]*\x{0}"
"""One argument of any text."""
CHAR: Final = r"[^/\x{0}]"
NOTHING: Final = r"[^\x{0}-\x{10ffff}]"
_PATH: Final = r"(?:[^\x{0}]*/)?"
_GIVEN: Final = r"(?:=[\x{0}-\x{10ffff}]*)?"
"""The value that an option may have attached."""
OPTION_CHAR: Final = r"[^\x{0}]"
_OPERAND: Final = rf"(?:|-|[^-\x{{0}}]{OPTION_CHAR}*)"
"""An argument that is no option: empty, a lone `-`, or without one at its beginning."""
_ODD_WRAPPERS: Final = frozenset({"env", "xargs", *TABLES.opaque, *TABLES.scripts})
"""Wrappers of which the Rego asks more than what they wrap."""


def shell_data(plan: ShellPlan, *, fold: bool) -> Json:
    """The JSON under `profiles[pid].shell`."""
    return {
        "allow": _by_program(plan.allow, _allow_key, _allow_entry),
        "block": _by_program(plan.block, _block_key, _block_entry),
        "interpreters": dict.fromkeys(
            sorted(plan.interpreters.values) if plan.interpreters else (), True
        ),
        "directories": _directories(plan, fold=fold),
        "conditions": [condition.as_json() for condition in shell_conditions(plan)],
    }


def shell_tables() -> Json:
    """The JSON under `tables.shell`: what holds for every profile."""
    return {
        "opaque": dict.fromkeys(sorted(TABLES.opaque), True),
        "special": f"^{_PATH}(?:{'|'.join(_special())}){END}",
        "running": f"^{_PATH}(?:{'|'.join(_running())}){END}",
        "shell_text": f"^{_PATH}(?:{TABLES.shells}){END}(?:{ONE})*[-+][A-Za-z]*c",
        "interpreters": anchored(TABLES.interpreters),
        "scriptless": anchored(TABLES.scriptless),
        "seeking": anchored(TABLES.seeking),
        "harmless": _harmless(),
        "code": {name: _code(code) for name, code in TABLES.code.items()},
        "modules": {name: _module(code) for name, code in TABLES.code.items() if code.module},
        "wrappers": {name: _wrapper(name, wrapper) for name, wrapper in TABLES.wrappers.items()},
        "guards": {name: _guards(guards) for name, guards in TABLES.guards.items() if guards},
        "scripts": {name: anchored(script.harmless) for name, script in TABLES.scripts.items()},
        "operands": {name: _operand(script) for name, script in TABLES.scripts.items()},
    }


def _harmless() -> str:
    """One expression over interpreters that are asked something without a script."""
    forms = [
        f"(?:{names}){END}(?:{'|'.join(map(text_regex, options))})"
        for names, options in TABLES.harmless.items()
    ]
    return f"^{_PATH}(?:{'|'.join(forms)}){END}$"


def _code(code: Code) -> str:
    """One expression over commands in which an option gives an interpreter its program."""
    flags = f"(?:(?:{code.flags}){END})*" if code.flags else ""
    whole = f"|(?:{code.whole}){END}" if code.whole else ""
    end = "$" if code.alone else ""
    return f"^{ONE}{flags}(?:(?:{code.next}){END}{ONE}{whole}){end}"


def _module(code: Code) -> str:
    """One expression whose group holds the module that is run, and its arguments, as a command."""
    return f"^{ONE}(?:(?:{code.flags}){END})*(?:{code.module})(?:{END})?((?:{ONE})+)$"


def _operand(script: Script) -> str:
    """One expression whose group holds the code, if it can be told which argument that is."""
    forms = [f"(?:{form}){END}{ONE * count}" for count, form in enumerate(script.options)]
    return f"^{ONE}(?:{'|'.join(forms)})*({_OPERAND}){END}"


def _directories(plan: ShellPlan, *, fold: bool) -> str:
    """One expression for all; without a directory one that matches nothing."""
    sources = [
        path_regex(pattern, fold=fold)
        for rule in plan.directories or ()
        for pattern in rule.patterns
    ]
    return anchored("|".join(sources)) if sources else NOTHING


def _special() -> list[str]:
    """Expressions for the names of all programs that a table knows."""
    return [*_running(), *map(text_regex, sorted(TABLES.guards))]


def _running() -> list[str]:
    """Expressions for the names of all programs that run other code than their own."""
    known = {*TABLES.opaque, *TABLES.wrappers, *TABLES.scripts}
    return [TABLES.shells, TABLES.interpreters, *map(text_regex, sorted(known))]


def _by_program(rules: Iterable[Rule[CommandPattern]], key: Any, entry: Any) -> Json:
    programs: dict[str, list[Json]] = {}
    count = 0
    for rank, rule in enumerate(rules):
        count += 1
        for pattern in rule.patterns:
            held = {"rank": rank, "rule": rule.id, **entry(pattern)}
            programs.setdefault(key(pattern), []).append(held)
    return {"n": count, "program": programs}


def _allow_key(pattern: CommandPattern) -> str:
    """The program, and the first argument too where the pattern fixes it."""
    first = pattern.arguments[0] if pattern.arguments else None
    if isinstance(first, TextArgument):
        return f"{pattern.program}\0{first.text}"
    return pattern.program


def _block_key(pattern: CommandPattern) -> str:
    return pattern.program


def _allow_entry(pattern: CommandPattern) -> Mapping[str, Json]:
    parts = [_argument(argument, strict=True) for argument in pattern.arguments]
    rest = f"(?:{ONE})*" if pattern.rest else ""
    program = text_regex(pattern.program) + END
    spelled = spelled_options(pattern)
    return {
        "match": anchored(program + "".join(parts) + rest),
        "never": [
            f"^{program}(?:{ONE}){{{index}}}{refused}"
            for index, argument in enumerate(pattern.arguments)
            for refused in _refused(argument)
        ],
        "spelled": dict(sorted(spelled.items())),
        "words": dict.fromkeys(sorted(pattern.literals), True),
    }


def _block_entry(pattern: CommandPattern) -> Mapping[str, Json]:
    gap = f"(?:{ONE})*"
    words = [_argument(argument, strict=False) + gap for argument in pattern.arguments]
    expressions = [anchored(ONE + gap + "".join(words))]
    expressions.extend(_flag(flag) for flag in pattern.flags)
    return {"all": expressions}


def _argument(argument: Argument, *, strict: bool) -> str:
    if isinstance(argument, AnyArgument):
        return ONE
    if isinstance(argument, TextArgument):
        return text_regex(argument.text) + END
    return _glob_argument(argument, strict=strict) + END


def _glob_argument(argument: GlobArgument, *, strict: bool) -> str:
    """A path glob over one argument; `**` also takes nothing together with its slash."""
    segment = f"{CHAR}+" if strict else f"{CHAR}*"
    pieces: list[str] = []
    last = len(argument.segments) - 1
    for index, glob in enumerate(argument.segments):
        if glob is not None:
            pieces.append(_segment(glob, strict=strict) + ("" if index == last else "/"))
        elif index == last and index == 0:
            pieces.append(f"{segment}(?:/{segment})*" if strict else OPTION_CHAR + "*")
        elif index == last:
            pieces[-1] = pieces[-1].removesuffix("/")
            pieces.append(f"(?:/{segment})*")
        else:
            pieces.append(f"(?:{segment}/)*")
    return "".join(pieces)


def _segment(glob: Glob, *, strict: bool) -> str:
    if strict and glob and all(isinstance(atom, Star) for atom in glob):
        return f"{CHAR}+"
    return glob_regex(glob, any_char=CHAR, without="/")


def _refused(argument: Argument) -> list[str]:
    """What wildcards of an allow never take, as expressions from the argument's start."""
    if not isinstance(argument, GlobArgument):
        return []
    dots = "".join(
        text_regex("".join(getattr(atom, "text", "") for atom in glob or ())) + "/"
        for glob in argument.segments[: argument.dots]
    )
    found = [rf"{dots}(?:{OPTION_CHAR}*/)?[.][.]?(?:/|{END})"]
    if not argument.option:
        found.append("-")
    return found


def _flag(flag: Flag) -> str:
    """A flag among the arguments before `--`."""
    before = (
        rf"(?:(?:|-|[^-\x{{0}}]{OPTION_CHAR}*|-[^-\x{{0}}]{OPTION_CHAR}*|--{OPTION_CHAR}+){END})*"
    )
    forms = []
    if flag.short:
        letters = "".join(rf"\x{{{ord(letter):x}}}" for letter in flag.short)
        # A second hyphen at once would make it a long option.
        first = letters.replace(r"\x{2d}", "")
        at_once = f"[{first}]|" if first else ""
        forms.append(rf"-(?:{at_once}[^-\x{{0}}]{OPTION_CHAR}*[{letters}]){OPTION_CHAR}*")
    forms.extend(f"--{_abbreviation(name, 1)}(?:={OPTION_CHAR}*)?" for name in flag.long)
    if len(flag.initial) == 1 and flag.initial != "=":
        # No name begins with `=`, which would end it, nor with two characters at once, which
        # is what some letters are in lower case.
        forms.append(f"--{text_regex(flag.initial)}{OPTION_CHAR}*")
    return rf"^{ONE}{before}(?:{'|'.join(forms)}){END}"


def _abbreviation(name: str, shortest: int, own: Collection[str] = ()) -> str:
    """Every beginning of a name of at least so many characters, but for those in `own`."""
    source = ""
    for index in range(len(name) - 1, shortest - 1, -1):
        ends = name[:index] not in own
        source = f"(?:{text_regex(name[index])}{source}){'?' if ends else ''}"
    return text_regex(name[:shortest]) + source


def _wrapper(name: str, wrapper: Wrapper) -> Json:
    """One expression whose groups hold the inner command, after `--` or without it.

    A wrapper is `simple` where that expression says all about it.
    """
    options = [text_regex(option) + END for option in wrapper.bare]
    letters = "".join(sorted({o[1] for o in wrapper.bare if not o.startswith("--")}))
    if letters:
        options.append(rf"-[{letters}]+{END}")
    for option in wrapper.valued:
        options.extend(_valued(option))
    options += [f"{text_regex(option)}(?:={OPTION_CHAR}*)?{END}" for option in wrapper.attached]
    leading = f"(?:{'|'.join(options)})*" if options else ""
    operand = f"(?:{wrapper.form})" + END if wrapper.form else _OPERAND + END
    if wrapper.form:
        after = without = f"(?:{operand}((?:{ONE})*))?"
    elif wrapper.operands:
        fewer = f"(?:{ONE}){{0,{wrapper.operands - 1}}}"
        after = f"(?:(?:{ONE}){{{wrapper.operands}}}((?:{ONE})*)|{fewer})"
        without = f"(?:{operand}(?:{fewer}|(?:{ONE}){{{wrapper.operands - 1}}}((?:{ONE})*)))?"
    else:
        after = f"((?:{ONE})*)"
        without = f"((?:{operand}(?:{ONE})*)?)"
    return {
        "inner": f"^{ONE}{leading}(?:--{END}{after}|{without})$",
        "plain": wrapper.plain,
        "simple": not wrapper.plain and name not in _ODD_WRAPPERS,
    }


def _valued(option: str) -> list[str]:
    """An option with its value as the next argument, or attached."""
    name = text_regex(option)
    attached = f"{name}={OPTION_CHAR}+" if option.startswith("--") else f"{name}{OPTION_CHAR}+"
    return [name + END + ONE, attached + END]


def _guards(guards: Sequence[Guard]) -> Json:
    """`each` guarded option, and `any`, what a command that holds one of them always matches.

    `values` and `alone` say which options may be followed by their value, and `known` whether
    those of the first kind always are, as the table knows all that the program has.
    """
    each = [item for place, guard in enumerate(guards) for item in _guard_items(place, guard)]
    sources = [_within_command(one) if one else _behind(after) for _, one, _, after in each]
    return {
        "any": "|".join(dict.fromkeys(sources)),
        "each": each,
        "values": _values(guards[0]),
        "alone": dict.fromkeys(guards[0].alone, True),
        "known": "*" not in guards[0].values,
    }


def _behind(after: str) -> str:
    """An expression that each command matches in which something stands behind a sub-command."""
    return f"{END}{text_regex(after.split(' ', maxsplit=1)[0])}{END}" if after else ""


def _within_command(source: str) -> str:
    """An expression over one argument, whose ends are NULs in the text of the command."""
    return re.sub(r"(?<!\[)\^|\$", lambda _: END, source)


def _guard_items(place: int, guard: Guard) -> list[Json]:
    """[key, expression over one argument, scope, sub-command] for each guarded option."""
    items: list[tuple[str, str]] = []
    marks = "".join(rf"\x{{{ord(mark):x}}}" for mark in guard.marks)
    before = f"[A-Za-z0-9{marks}]*"
    for letter in guard.short:
        form = text_regex(letter)
        items.append((f"short:{letter}", _short(guard, before if guard.cluster else "", form)))
    items.extend((f"long:{name}", _long(name, guard)) for name in guard.long)
    items.extend((f"word:{word}", rf"^{text_regex(word)}$") for word in guard.words)
    items.extend((f"prefix:{prefix}", rf"(?:^|=){text_regex(prefix)}") for prefix in guard.prefixes)
    items.extend((f"shape:{place}", shape) for place, shape in enumerate(guard.shapes))
    found: list[tuple[str, str, str]] = [(key, source, guard.scope) for key, source in items]
    if guard.bare:
        found += [(f"bare:{one}", f"^{before}{text_regex(one)}", "first") for one in guard.short]
    if guard.operand:
        found.append(("operand", "", "operand"))
    after = " ".join(guard.after)
    return [[f"{place}:{key}", source, scope, after] for key, source, scope in found]


def _values(guard: Guard) -> str:
    """What an option looks like whose next argument may be its value."""
    if "*" in guard.values:
        return anchored(r"-[^=\x{0}]+")
    return anchored("|".join(map(text_regex, guard.values))) if guard.values else NOTHING


def _short(guard: Guard, before: str, form: str) -> str:
    if not guard.hyphens:
        return f"^-{before}{form}"
    letters = "".join(rf"\x{{{ord(one):x}}}" for one in guard.hyphens)
    return f"^(?:-{before}{form}|--+[{letters}]*{form}[{letters}]*{_GIVEN}$)"


def _long(name: str, guard: Guard) -> str:
    if not name.startswith("--"):
        return f"^{text_regex(name)}{_GIVEN}$"
    bare = name[2:]
    abbreviated = _abbreviation(bare, 1, {one[2:] for one in guard.own})
    if guard.hyphens:
        return f"^(?:--+{abbreviated}|-{_abbreviation(bare, 2)}){_GIVEN}$"
    if guard.underscores:
        abbreviated = abbreviated.replace(text_regex("-"), "[-_]")
    return f"^--{abbreviated}{_GIVEN}$"
