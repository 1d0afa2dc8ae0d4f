"""The questions of `wilkc.language.automata`, asked of other people's tools.

automata-lib gets the same position automata and determinises them; the solvers get each
pattern as a regular expression over printable ASCII and look for a text. None of them is asked
for a shortest one.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from automata.fa.dfa import DFA
from automata.fa.nfa import NFA

from wilkc.language.atoms import AnyOne, CharClass, Literal
from wilkc.language.automata import CANONICAL_PATH, path_language
from wilkc.language.automata.alphabet import Alphabet, alphabet
from wilkc.language.automata.machines import states
from wilkc.language.paths import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.language.atoms import Glob
    from wilkc.language.automata.machines import Machine
    from wilkc.language.paths import PathPattern

PATIENCE_MS: Final = 20_000
"""How long a solver may think about one question."""
_LIMITS: Final = {
    "z3": ("timeout", "rlimit"),
    "cvc5.pythonic": ("tlimit-per", "rlimit-per"),
}
"""By the tool: its options for a limit in time and in steps."""


def automata_lib_finds(positive: PathPattern, negatives: Sequence[PathPattern]) -> bool:
    """Whether a path is taken by the first pattern and by none of the others."""
    machines = [*CANONICAL_PATH.machines, *path_language(positive).machines]
    refused = [machine for one in negatives for machine in path_language(one).machines]
    letters = alphabet((*machines, *refused))
    held = reduce(DFA.intersection, (_dfa(machine, letters) for machine in machines))
    for machine in refused:
        held = held.difference(_dfa(machine, letters))
    return not held.isempty()


def _dfa(machine: Machine, letters: Alphabet) -> DFA:
    transitions: dict[int, dict[str, set[int]]] = {
        place: {} for place in range(len(machine.follow))
    }
    for minterm in letters.minterms:
        entered = letters.enters(machine, minterm)
        for place, follow in enumerate(machine.follow):
            if follow & entered:
                transitions[place][minterm.char] = set(states(follow & entered))
    return DFA.from_nfa(
        NFA(
            states=set(transitions),
            input_symbols={minterm.char for minterm in letters.minterms},
            transitions=transitions,
            initial_state=0,
            final_states=set(states(machine.last)),
        )
    )


def solver_finds(
    tool: Any,
    positive: PathPattern,
    negatives: Sequence[PathPattern],
    *,
    steps: int | None = None,
) -> bool | None:
    """The same, by `z3` or `cvc5.pythonic`; None where it does not know in time.

    With `steps` the limit is that number of what the tool calls resources, which are the same
    on every machine, however loaded it is; one of z3's is not one of cvc5's.
    """
    solver = tool.Solver()
    limits = _LIMITS[tool.__name__]
    name, limit = (limits[0], PATIENCE_MS) if steps is None else (limits[1], steps)
    if tool.__name__ == "z3":
        solver.set(name, limit)
    else:
        solver.setOption(name, str(limit))
    text = tool.String("text")
    wanted = [_canonical(tool), _path(tool, positive)]
    solver.add(*(tool.InRe(text, one) for one in wanted))
    solver.add(*(tool.Not(tool.InRe(text, _path(tool, one))) for one in negatives))
    return {"sat": True, "unsat": False}.get(str(solver.check()))


def _inside(tool: Any) -> Any:
    """Printable ASCII but the slash."""
    return tool.Union(tool.Range(" ", "."), tool.Range("0", "~"))


def _canonical(tool: Any) -> Any:
    plain = tool.Union(tool.Range(" ", "-"), tool.Range("0", "~"))
    rest = tool.Star(_inside(tool))
    segment = tool.Concat(
        tool.Re("/"),
        tool.Union(
            tool.Concat(plain, rest),
            tool.Concat(tool.Re("."), plain, rest),
            tool.Concat(tool.Re(".."), tool.Plus(_inside(tool))),
        ),
    )
    rooted = tool.Concat(tool.Union(tool.Re("."), tool.Re("~")), tool.Star(segment))
    return tool.Union(rooted, tool.Plus(segment), tool.Re("/"))


def _path(tool: Any, pattern: PathPattern) -> Any:
    parts = [tool.Re("" if pattern.root == "/" else pattern.root)]
    for part in pattern.parts:
        if part is GLOBSTAR:
            parts.append(tool.Star(tool.Concat(tool.Re("/"), tool.Plus(_inside(tool)))))
        else:
            parts += [tool.Re("/"), _segment(tool, part)]
    return tool.Concat(*parts) if len(parts) > 1 else parts[0]


def _segment(tool: Any, glob: Glob) -> Any:
    atoms = [_atom(tool, atom) for atom in glob]
    return tool.Concat(*atoms) if len(atoms) > 1 else atoms[0]


def _atom(tool: Any, atom: Any) -> Any:
    if isinstance(atom, Literal):
        return tool.Re(atom.text)
    if isinstance(atom, AnyOne):
        return _inside(tool)
    if isinstance(atom, CharClass):
        ranges = [tool.Range(low, high) for low, high in atom.ranges]
        held = tool.Union(*ranges) if len(ranges) > 1 else ranges[0]
        return tool.Intersect(_inside(tool), tool.Complement(held)) if atom.negated else held
    return tool.Star(_inside(tool))
