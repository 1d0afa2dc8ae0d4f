"""The reference evaluator and both compiled forms in OPA decide alike on generated worlds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Judged
from tests.property.conftest import EFFORT
from tests.property.questions import Asker
from tests.property.worlds import Maker
from wilkc.cli.library import read_library
from wilkc.compiler import FORMS, compile_sources
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.compiler import Compiled
    from wilkc.core.contract import Request

WORLDS = 13
REQUESTS = 4_000
"""Asked of each form: 13 worlds, friendly and hostile, are 208,000 comparisons in all."""
TYPES = {"file", "shell", "network", "llm", "data", "system", "tool", "agent"}
REACHED = {
    "allowed", "blocked", "no_rule_matches", "condition_not_met", "unknown_action", "unknown_agent",
    "path_not_canonical", "extension_not_allowed", "too_large", "opaque_command",
    "guarded_option", "code_not_spelled", "code_from_input", "interpreter_not_listed",
    "script_not_allowed", "option_before_script", "directory_not_allowed", "host_not_canonical",
    "port_not_allowed", "protocol_not_allowed", "forbidden_address", "private_address",
    "too_many_tokens", "rate_exceeded", "signature_required", "arguments_not_allowed",
    "unlabelled_data", "encryption_required", "personal_data", "name_not_canonical",
}  # fmt: skip
"""Details without which the generators would have stopped to reach what they are for."""

both_kinds = pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])


# One test for each world, so that they are shared out among the processes of a run.
@both_kinds
@pytest.mark.parametrize("place", range(WORLDS * EFFORT))
def test_reference_and_both_forms_agree(
    opa: Path,
    tmp_path: Path,
    seed: int,
    compared: Callable[[int], None],
    place: int,
    hostile: bool,
) -> None:
    compiled, requests = _asked(seed, place, hostile)
    decided = [decide(compiled.plan, request) for request in requests]
    assert {request.type for request, answer in zip(requests, decided, strict=True)
            if answer.allow} <= TYPES  # fmt: skip
    for form in FORMS:
        found = Judged(opa, tmp_path / form, form).differences(compiled, requests, decided)
        assert found == [], f"{form}, world {place} of WILK_SEED={seed}"
    assert len(requests) == REQUESTS
    compared(len(FORMS) * REQUESTS)


@both_kinds
def test_the_questions_reach_what_they_are_for(seed: int, hostile: bool) -> None:
    missing = {("granted", kind) for kind in TYPES}
    if not hostile:
        missing |= {("detail", detail) for detail in REACHED}
    for place in range(WORLDS * EFFORT):
        compiled, requests = _asked(seed, place, hostile)
        for request in requests:
            answer = decide(compiled.plan, request)
            missing.discard(("detail", answer.detail))
            if answer.allow:
                missing.discard(("granted", request.type))
        if not missing:
            break
    assert not missing, f"WILK_SEED={seed}"


def _asked(seed: int, place: int, hostile: bool) -> tuple[Compiled, list[Request]]:
    rng = random.Random(f"{seed}/{place}/{hostile}")
    world = Maker(rng, hostile=hostile).world()
    compiled = compile_sources(world.sources, read_library())
    return compiled, Asker(rng, world, hostile=hostile).requests(REQUESTS)
