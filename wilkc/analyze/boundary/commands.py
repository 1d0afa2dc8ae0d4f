"""Requests for commands at the edges of command rules. Layer: analyze (pure).

LANGUAGE.md section 4.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary.around import Around, bounded
from wilkc.analyze.boundary.globs import edits, glob_texts
from wilkc.analyze.boundary.paths import NOT_CANONICAL, around_path
from wilkc.core.contract import Request
from wilkc.language.commands import TABLES, AnyArgument, TextArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.boundary.around import Bounds
    from wilkc.language.commands import Argument, CommandPattern, Flag, Guard
    from wilkc.plan.model import Rule, ShellPlan

Words = tuple[str, ...]
_TAILS: Final[tuple[Words, ...]] = (
    ("x",), ("x", "y"), ("-x",), ("--",), ("",), ("../x",), ("./a",), ("-c", "x"), ("a\nb",),
)  # fmt: skip
_LAYERS: Final[tuple[Words, ...]] = (
    *((name, *("1",) * wrapper.operands) for name, wrapper in sorted(TABLES.wrappers.items())),
    ("env", "A=b"), ("sudo", "-n"), ("sudo", "-u", "root"), ("timeout", "-s", "9", "1"),
    ("sh", "-c"), ("bash", "-c"), ("eval",), ("nohup", "env"), ("env",) * 4, ("env",) * 5,
)  # fmt: skip
_SCRIPTS: Final[tuple[Any, ...]] = (
    [["./x"]], [["/x", "./x"]], [["./x", "../x"]], ["./x"], [[]], [[1]], "x", None,
)  # fmt: skip
_WRONG: Final[tuple[dict[str, Any], ...]] = (
    {}, {"argv": []}, {"argv": "ls"}, {"argv": [""]}, {"argv": [1]}, {"argv": ["ls", "a\0b"]},
    {"commands": []}, {"commands": [[]]}, {"commands": [["ls"]] * 51},
    {"argv": ["ls"], "commands": [["ls"]]},
)  # fmt: skip


def shell_requests(agent: str, plan: ShellPlan, bounds: Bounds) -> Iterator[Request]:
    """Requests around every command rule: arguments, flags, layers, guards and directories."""
    plain: dict[str, Words] = {}
    for rule in (*plan.allow, *plan.block):
        for pattern in rule.patterns:
            around = around_command(pattern)
            plain.setdefault(pattern.program, around.members[0])
            for argv in around.within(bounds):
                yield _asked(agent, argv)
    for argv in plain.values():
        for other in bounded(_dressed(argv), bounds.extras):
            yield _asked(agent, other)
    yield from bounded(_lines(agent, plan), bounds.extras)
    first = next(iter(plain.values()), ("ls",))
    yield from bounded(_circumstances(agent, first, plan), bounds.extras)


@lru_cache(maxsize=16_384)
def around_command(pattern: CommandPattern) -> Around[Words]:
    """Argument lists that a pattern takes, and lists one word or one code point away."""
    choices = [_texts(argument) for argument in pattern.arguments]
    flags = tuple(_spellings(flag)[0] for flag in pattern.flags)
    plain = (pattern.program, *flags, *(options[0] for options in choices))
    start = 1 + len(flags)
    found = [plain, *((*plain, *tail) for tail in _TAILS)]
    for place, options in enumerate(choices, start=start):
        found += [(*plain[:place], text, *plain[place + 1 :]) for text in options[1:]]
    for place, flag in enumerate(pattern.flags, start=1):
        found += [(*plain[:place], text, *plain[place + 1 :]) for text in _spellings(flag)[1:]]
    near: list[Words] = [plain[:place] + plain[place + 1 :] for place in range(1, len(plain))]
    near += [(f"/bin/{plain[0]}", *plain[1:]), (f"./{plain[0]}", *plain[1:])]
    near += [(*plain[:place], "--", *plain[place:]) for place in range(1, len(plain))]
    near.append((plain[0], *plain[:0:-1]))
    for place, word in enumerate(plain):
        near += [(*plain[:place], text, *plain[place + 1 :]) for text in edits(word)]
    kept = tuple(one for one in dict.fromkeys(near) if one and one != plain)
    return Around(tuple(dict.fromkeys(found)), kept)


def _texts(argument: Argument) -> Words:
    if isinstance(argument, AnyArgument):
        return ("x", "", "-x", "a/b", "../a")
    if isinstance(argument, TextArgument):
        return (argument.text,)
    choices = [("a", "", "a/b", "..", ".a") if glob is None else glob_texts(glob)
               for glob in argument.segments]  # fmt: skip
    plain = [options[0] for options in choices]
    found = ["/".join(plain)]
    for place, options in enumerate(choices):
        found += ["/".join((*plain[:place], one, *plain[place + 1 :])) for one in options[1:]]
    return tuple(dict.fromkeys(found))


def _spellings(flag: Flag) -> Words:
    found = [f"-{letter}" for letter in flag.short]
    found += [f"--{name}" for name in flag.long]
    found += [f"-q{letter}z" for letter in flag.short[:1]]
    for name in flag.long[:2]:
        found += [f"--{name[:-1]}", f"--{name[:1]}", f"--{name}=x", f"--{name}x"]
    found += [f"--{flag.initial}zz"] if flag.initial else []
    return tuple(dict.fromkeys(found)) or ("--x",)


def _dressed(argv: Words) -> Iterator[Words]:
    """The command inside each wrapper, and with each option that its program's guards name."""
    for layer in _LAYERS:
        yield (*layer, *argv)
    for guard in TABLES.guards.get(argv[0].rpartition("/")[2], ()):
        for option in _guarded(guard):
            yield (argv[0], option, *argv[1:])
            yield (*argv, option)
            yield (*argv, "--", option)


def _guarded(guard: Guard) -> Iterator[str]:
    for letter in guard.short:
        yield from (f"-{letter}", f"-q{letter}", f"-{letter}x")
    for name in guard.long:
        yield from (name, f"{name}=x", name[:-1])
    yield from guard.words
    yield from chain.from_iterable((f"{one}x", f"a={one}x") for one in guard.prefixes)


def _lines(agent: str, plan: ShellPlan) -> Iterator[Request]:
    """Several commands of one line: an allowed one beside each other."""
    heads = [around_command(rule.patterns[0]).members[0] for rule in (*plan.allow, *plan.block)]
    for one, other in pairwise(heads):
        commands = [list(one), list(other)]
        yield Request(agent, "execute", "shell", "", {"commands": commands})
    for name in sorted(plan.interpreters.values) if plan.interpreters else ():
        for tail in ((), ("scripts/x.py",), ("./x",), ("-",), ("-c", "x"), ("--version",)):
            yield _asked(agent, (name, *tail))
        for argv in heads[:3]:
            properties = {"argv": list(argv), "interpreter": name}
            yield Request(agent, "execute", "shell", "", properties)


def _circumstances(agent: str, argv: Words, plan: ShellPlan) -> Iterator[Request]:
    properties = {"argv": list(argv)}
    for action in ("run", "", "EXECUTE"):
        yield Request(agent, action, "shell", "", properties)
    for wrong in _WRONG:
        yield Request(agent, "execute", "shell", "", dict(wrong))
    for given in ("x", "", 1, None):
        both = {**properties, "interpreter": given}
        yield Request(agent, "execute", "shell", "", both)
    for scripts in _SCRIPTS:
        yield Request(agent, "execute", "shell", "", {**properties, "scripts": scripts})
    for cwd in chain(_directories(plan.directories or ()), NOT_CANONICAL, (1, None)):
        yield Request(agent, "execute", "shell", "", properties, {"cwd": cwd})


def _directories(rules: tuple[Rule[Any], ...]) -> Iterator[str]:
    for rule in rules:
        for pattern in rule.patterns:
            around = around_path(pattern)
            yield from (*around.members[:6], *around.neighbours[:10])


def _asked(agent: str, argv: Words) -> Request:
    return Request(agent, "execute", "shell", "", {"argv": list(argv)})
