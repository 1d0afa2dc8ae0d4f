"""Specs of the seeds' size, of which no two share a text, and agents for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = Path(__file__).parents[1] / "policies" / "examples" / "reviewer.yaml"
AGENTS_PER_SPEC = 100
_LAST_WORD = re.compile(r"'([^']*[a-z_])(?=[^a-z']*')")
_FIXED = re.compile(r"protocols:|max_|retention|allowed_extensions|interpreters")
"""Lines whose texts come from a closed list, or are quantities."""
_BINDING_FILES = 10


def specs(count: int) -> Iterator[tuple[str, str]]:
    """File names and texts: the seeds' agent with a number in every pattern."""
    lines = SPEC.read_text(encoding="utf-8").splitlines(keepends=True)
    for number in range(count):
        varied = (
            line if _FIXED.search(line) else _LAST_WORD.sub(rf"'\g<1>{number}", line)
            for line in lines
        )
        yield f"spec-{number}.yaml", "".join(varied)


def fleet(count: int) -> Iterator[tuple[str, str]]:
    """One file that gives every spec its agents."""
    lines = (
        json.dumps({"agent": f"agent-{number}", "spec": f"spec-{number % count}"})
        for number in range(count * AGENTS_PER_SPEC)
    )
    yield "fleet.jsonl", "".join(f"{line}\n" for line in lines)


def bindings(count: int) -> Iterator[tuple[str, str]]:
    """The same agents in YAML, in as many files as its limits ask for."""
    agents = range(count * AGENTS_PER_SPEC)
    for place in range(_BINDING_FILES):
        bound = (
            f"  spec-{number}: [{', '.join(f'agent-{one}' for one in agents[number::count])}]\n"
            for number in range(place, count, _BINDING_FILES)
        )
        yield f"bindings-{place}.yaml", "bindings:\n" + "".join(bound)
