"""What is proved about all agents, and what came of it. Layer: analyze. LANGUAGE.md section 10.

A proof is about what a plan grants, so a guardrail that holds needs no check at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wilkc.core.contract import Json, Request, RuleRef
    from wilkc.core.spans import Span
    from wilkc.language.guardrails import Guardrail

Outcome = Literal["holds", "broken", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Never:
    """Requests that no agent may be granted: one entry of `guardrails.never`.

    Attributes:
        text: the entry as written, for example `file:**/.ssh/** read`.
        guardrail: what it names.
        span: where it stands; None for one of the command line.
    """

    text: str
    guardrail: Guardrail
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """The spec beyond which no agent may be granted anything: `guardrails.within`.

    Attributes:
        spec: its name.
        span: where it is named; None for the command line.
    """

    spec: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one guardrail for agents for which it comes to the same.

    Attributes:
        agents: their ids, sorted; at least one.
        guardrail: its text, or `within SPEC`.
        span: where the guardrail stands; None for one of the command line.
        outcome: `inconclusive` where the budget ran out; whoever asks takes it for broken.
        witness: where broken, a shortest request that is granted against the guardrail, by
            the first of the agents; None where only a limit or the sandbox is weaker than
            the bound's, which no single request shows.
        rule: the entry that grants the witness, or that could not be decided about.
        why: what was not known or what else breaks it, in a few plain words; or empty.
    """

    agents: tuple[str, ...]
    guardrail: str
    span: Span | None
    outcome: Outcome
    witness: Request | None = None
    rule: RuleRef | None = None
    why: str = ""


def verdict_json(verdict: Verdict) -> list[dict[str, Json]]:
    """A verdict in the stable JSON form of `wilkc prove -f json`, once for each agent."""
    span, rule = verdict.span, verdict.rule
    witness = verdict.witness.as_input() if verdict.witness else None
    return [
        {
            "agent": agent,
            "guardrail": verdict.guardrail,
            "at": {"file": span.file, "line": span.line, "column": span.column} if span else None,
            "outcome": verdict.outcome,
            "witness": _asked_by(agent, witness) if witness else None,
            "rule": rule.as_json() if rule else None,
            "why": verdict.why,
        }
        for agent in verdict.agents
    ]


def _asked_by(agent: str, witness: dict[str, Json]) -> dict[str, Json]:
    return {**witness, "subject": {**witness["subject"], "id": agent}}
