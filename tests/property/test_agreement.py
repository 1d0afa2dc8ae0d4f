"""The reference evaluator and both compiled forms in OPA decide alike on generated worlds."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Judged
from tests.property.questions import Asker
from tests.property.worlds import Maker
from wilkc.cli.building import read_library
from wilkc.compiler import FORMS, compile_sources
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from wilkc.compiler import Compiled
    from wilkc.core.contract import Request

WORLDS = 13
REQUESTS = 4_000
"""Asked of each form: 13 worlds, friendly and hostile, are 208,000 comparisons in all."""
TYPES = {"file", "shell", "network", "llm", "data", "system", "tool", "agent"}
REACHED = {
    "allowed", "blocked", "no_rule_matches", "unknown_action", "unknown_agent",
    "path_not_canonical", "extension_not_allowed", "too_large", "opaque_command",
    "guarded_option", "code_not_spelled", "code_from_input", "interpreter_not_listed",
    "script_not_allowed", "option_before_script", "directory_not_allowed", "host_not_canonical",
    "port_not_allowed", "protocol_not_allowed", "forbidden_address", "private_address",
    "too_many_tokens", "rate_exceeded", "signature_required", "arguments_not_allowed",
    "unlabelled_data", "encryption_required", "personal_data", "name_not_canonical",
}  # fmt: skip
"""Details without which the generators would have stopped to reach what they are for."""


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_reference_and_both_forms_agree(
    opa: Path,
    tmp_path: Path,
    seed: int,
    effort: int,
    compared: Callable[[int], None],
    hostile: bool,
) -> None:
    answered: Counter[str] = Counter()
    granted: Counter[str] = Counter()
    with ThreadPoolExecutor(len(FORMS)) as workers:
        for place in range(WORLDS * effort):
            rng = random.Random(f"{seed}/{place}/{hostile}")
            world = Maker(rng, hostile=hostile).world()
            compiled = compile_sources(world.sources, read_library())
            requests = Asker(rng, world, hostile=hostile).requests(REQUESTS)
            judges = [Judged(opa, tmp_path / f"{place}-{form}", form) for form in FORMS]
            found = workers.map(lambda judge: judge.differences(compiled, requests), judges)  # noqa: B023
            differences = [*found]
            shutil.rmtree(tmp_path)
            assert differences == [[] for _ in FORMS], f"world {place} of WILK_SEED={seed}"
            _count(compiled, requests, answered, granted)
    assert sum(answered.values()) == WORLDS * REQUESTS * effort
    assert set(granted) == TYPES
    assert _missing(answered) == set() or hostile
    compared(len(FORMS) * sum(answered.values()))


def _count(
    compiled: Compiled,
    requests: Iterable[Request],
    answered: Counter[str],
    granted: Counter[str],
) -> None:
    for request in requests:
        answer = decide(compiled.plan, request)
        answered[answer.detail] += 1
        if answer.allow:
            granted[request.type] += 1


def _missing(answered: Counter[str]) -> set[str]:
    return REACHED - set(answered)
