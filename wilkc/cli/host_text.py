"""What `wilkc doctor` and `wilkc verify-host` show as text. Layer: cli."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from wilkc.cli.decision_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wilkc.runtime.host import Row, Verdict

_STATES: Final = ("held", "breached", "inconclusive", "not applicable")
_STATE_WIDTH: Final = len("degraded")


def rows_text(rows: Sequence[Row]) -> str:
    """One line for each row, and one below it that says how to mend what is not ok."""
    width = max(len(row.name) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{row.state:<{_STATE_WIDTH}}  {row.name:<{width}}  {printable(row.seen)}")
        if row.fix:
            lines.append(f"{'':<{_STATE_WIDTH}}  {'':<{width}}  = fix: {printable(row.fix)}")
    return "\n".join(lines)


def counts_of(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """How many verdicts there are of each state, those without any too."""
    counted: Counter[str] = Counter(one.state for one in verdicts)
    return {state: counted[state] for state in _STATES}


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """One line for each verdict, and how many there are of each kind."""
    state = max(len(one.state) for one in verdicts)
    name = max(len(one.name) for one in verdicts)
    lines = [
        f"{one.state:<{state}}  {one.name:<{name}}  {printable(one.evidence)}" for one in verdicts
    ]
    counts = ", ".join(f"{count} {which}" for which, count in counts_of(verdicts).items())
    return "\n".join([*lines, counts])
