"""Putting answers on record before they are shown. Layer: cli."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.cli.main import show_refusal
from wilkc.cli.recording import open_recorder
from wilkc.core.contract import denial
from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit import Asked, AuditLogger, unrecorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.cli.engines import Engine
    from wilkc.core.contract import Decision, Request

NOBODY_ASKED: Final = denial("VALIDATION_ERROR", "no_decision_point", "nobody was asked")


@contextmanager
def recorded(
    engine: Engine, audit: str | None, keys: str | None, provider: str | None
) -> Iterator[Engine]:
    """The same engine, whose answers are on stable storage before anybody sees them.

    Nothing is enforced here, so each is recorded as a question. What cannot be recorded is
    answered with a denial.

    Args:
        engine: who answers.
        audit: the log; None records nothing.
        keys: its keys.
        provider: the key of its keys.
    """
    if audit is None:
        yield engine
        return
    opened = ExitStack()
    with opened:
        try:
            logger = opened.enter_context(open_recorder(audit, keys, provider))
        except UnavailableError as error:
            show_refusal(error)
            yield _refusing
        else:
            yield _recording(engine, logger)


def _refusing(requests: Sequence[Request]) -> list[Decision]:
    """Every answer where there is no record: no."""
    return [unrecorded(NOBODY_ASKED)] * len(requests)


def _recording(engine: Engine, logger: AuditLogger) -> Engine:
    def ask(requests: Sequence[Request]) -> list[Decision]:
        decisions = engine(requests)
        asked = [
            Asked(request, decision, enforced=False)
            for request, decision in zip(requests, decisions, strict=True)
        ]
        try:
            logger.intents(asked)
        except UnavailableError as error:
            show_refusal(error)
            return [unrecorded(decision) for decision in decisions]
        return decisions

    return ask
