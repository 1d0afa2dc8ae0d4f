"""Asking OPA what the reference evaluator has answered. Layer: cli."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.proving import CHUNK, check_agreement
from wilkc.compiler import assemble
from wilkc.core.errors import UnavailableError
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Request
    from wilkc.plan import Plan


def has_opa() -> bool:
    """Whether OPA can be asked.

    Raises:
        UnavailableError: `WILK_OPA` names one that is not there.
    """
    try:
        find_opa()
    except UnavailableError:
        # Whoever says where OPA is wants it asked.
        if os.environ.get("WILK_OPA"):
            raise
        return False
    return True


def check_with_opa(plan: Plan, requests: Sequence[Request]) -> None:
    """Compile a plan, and ask OPA the requests, many at a time.

    Raises:
        DisagreementError: an answer is not that of the reference evaluator.
        UnavailableError: OPA cannot be had, or fails.
    """
    files, revision = assemble(plan, read_library())
    with open_evaluator(find_opa().path, files, CAPABILITIES) as evaluator:
        for start in range(0, len(requests), CHUNK):
            chunk = list(requests[start : start + CHUNK])
            check_agreement(plan, revision, evaluator.answers, chunk)
