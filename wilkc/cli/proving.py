"""Translation validation: a bundle against the reference evaluator. Layer: cli.

Both are asked the same requests from the edges of every rule; a bundle that answers one of
them in another way is not written. OPA works on one chunk while the reference judges it.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from wilkc.analyze.boundary import Level, boundary_requests
from wilkc.cli.decision_text import printable
from wilkc.cli.library import CAPABILITIES
from wilkc.cli.terminal import Progress
from wilkc.compiler import DATA_FILE, assemble
from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.cli.building import Built
    from wilkc.compiler import Compiled
    from wilkc.core.contract import Json, Request
    from wilkc.opa.evaluating import Evaluator
    from wilkc.plan import Plan

Wish = Literal["none", "sample", "full"]
WISHES: Final[tuple[Wish, ...]] = get_args(Wish)
MAX_FULL: Final = 20_000
"""Requests up to which everything is asked where the caller does not choose."""
CHUNK: Final = 4_000
"""Requests that are held, and asked of one OPA process, at a time."""
_HELP: Final = "this is a defect of Wilk; no bundle was written, please report the request"
_TEXTS: Final = frozenset({"checks", "conditions"})
"""Members of a profile whose values may be any text."""


class DisagreementError(WilkError):
    """The bundle does not answer what the specs mean: a defect of Wilk."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared.

    Attributes:
        level: `sample`, `full`, or `none` where nothing was asked.
        count: requests that both answered alike.
        why: why nothing was asked, or empty.
    """

    level: Wish
    count: int = 0
    why: str = ""

    def __str__(self) -> str:
        if self.level == "none":
            return f"not proved: {self.why}"
        return f"proved: {self.count:,} requests agree ({self.level})"

    def as_json(self) -> Json:
        """The `proved` member of a manifest's metadata."""
        return {"count": self.count, "level": self.level}


def prove(compiled: Compiled, wish: Wish | None, *, quiet: bool = True) -> Proof:
    """Compare a compile with its specs.

    Args:
        compiled: plan and members.
        quiet: whether to show nothing while it takes its time.
        wish: how much to ask; None asks everything up to `MAX_FULL` requests and a sample
            beyond, and does without where there is no OPA and `WILK_OPA` names none.

    Raises:
        DisagreementError: an answer differs, or OPA cannot read a pattern.
        UnavailableError: OPA is missing though it was asked for, or fails.
    """
    if wish == "none":
        return Proof("none", why="--prove none")
    try:
        opa = find_opa().path
    except UnavailableError:
        # Whoever says where OPA is wants it asked.
        if wish is not None or os.environ.get("WILK_OPA"):
            raise
        return Proof("none", why="there is no OPA")
    level, requests = _chosen(compiled, wish)
    total = len(requests) if isinstance(requests, list) else None
    with (
        Progress("proving", total, quiet=quiet) as progress,
        open_evaluator(opa, compiled.files, CAPABILITIES) as evaluator,
    ):
        _check_patterns(compiled, evaluator)
        count = 0
        for chunk in _chunks(requests):
            check_agreement(compiled.plan, compiled.revision, evaluator.answers, chunk)
            count += len(chunk)
            progress.step(len(chunk))
    return Proof(level, count)


def with_proof(built: Built, proof: Proof) -> Built:
    """The bundle whose manifest says what was proved; its revision stays."""
    manifest = dict(built.compiled.manifest)
    manifest["metadata"] = {**manifest["metadata"], "proved": proof.as_json()}
    return replace(built, compiled=replace(built.compiled, manifest=manifest))


def _chosen(compiled: Compiled, wish: Level | None) -> tuple[Level, Iterable[Request]]:
    if wish is not None:
        return wish, boundary_requests(compiled.plan, wish)
    first = list(islice(boundary_requests(compiled.plan, "full"), MAX_FULL + 1))
    if len(first) <= MAX_FULL:
        return "full", first
    return "sample", boundary_requests(compiled.plan, "sample")


def _chunks(requests: Iterable[Request]) -> Iterator[list[Request]]:
    whole = iter(requests)
    while chunk := list(islice(whole, CHUNK)):
        yield chunk


def check_agreement(
    plan: Plan,
    revision: str,
    ask: Callable[[list[Request]], list[dict[str, Any]]],
    requests: list[Request],
) -> None:
    """Ask OPA and the reference evaluator the same.

    Raises:
        DisagreementError: an answer differs, or OPA fails on a request.
        UnavailableError: OPA fails.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        asked = worker.submit(ask, requests)
        wanted = [decide(plan, request, revision=revision).as_json() for request in requests]
        try:
            given = asked.result()
        except UnavailableError as error:
            raise _failure(ask, requests, error) from error
    for request, one, other in zip(requests, wanted, given, strict=True):
        if _comparable(one) != _comparable(other):
            raise _disagreement(request, one, other)


def _failure(
    ask: Callable[[list[Request]], list[dict[str, Any]]],
    requests: list[Request],
    error: UnavailableError,
) -> WilkError:
    """One request that OPA fails on, found by halving; the failure itself where none is."""
    while len(requests) > 1:
        half = len(requests) // 2
        for part in (requests[:half], requests[half:]):
            try:
                ask(part)
            except UnavailableError as narrower:
                requests, error = part, narrower
                break
        else:
            return error
    return DisagreementError(
        f"OPA fails on a request: {_pasteable(requests[0])}\n  {error.message}", help_text=_HELP
    )


def _comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the sentence of a malformed request, which OPA cannot word alike."""
    context = dict(answer["context"])
    if context["reason"] == "VALIDATION_ERROR":
        context.pop("message")
    return {"decision": answer["decision"], "context": context}


def _disagreement(
    request: Request, reference: dict[str, Any], opa: dict[str, Any]
) -> DisagreementError:
    lines = (
        f"the bundle does not mean what the specs say: {_pasteable(request)}",
        f"  reference  {_line(reference)}",
        f"  opa        {_line(opa)}",
    )
    return DisagreementError("\n".join(lines), help_text=_HELP)


def _pasteable(request: Request) -> str:
    """The request as one line for `wilkc decide --batch -`."""
    return printable(json.dumps(request.as_input()))


def _line(answer: dict[str, Any]) -> str:
    return printable(json.dumps(answer, ensure_ascii=False, sort_keys=True))


def _check_patterns(compiled: Compiled, evaluator: Evaluator) -> None:
    """A pattern that does not compile would switch its rule off without a word."""
    patterns = sorted(set(_patterns(_profiles(compiled))))
    for start in range(0, len(patterns), CHUNK):
        for wrong in evaluator.invalid_patterns(patterns[start : start + CHUNK]):
            raise DisagreementError(f"OPA cannot read the emitted pattern `{printable(wrong)}`")


def _profiles(compiled: Compiled) -> Json:
    """The profiles as data, which in the other form are Rego with the same patterns."""
    data = json.loads(compiled.files[DATA_FILE])
    if "profiles" not in data:
        data = json.loads(assemble(compiled.plan, {})[0][DATA_FILE])
    return data["profiles"]


def _patterns(value: Json) -> Iterator[str]:
    """Every expression of a profile: all are anchored, and stand beside no text of a user's."""
    if isinstance(value, str) and value.startswith("^"):
        yield value
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_patterns, value))
    elif isinstance(value, dict):
        yield from chain.from_iterable(
            _patterns(inner) for key, inner in value.items() if key not in _TEXTS
        )
